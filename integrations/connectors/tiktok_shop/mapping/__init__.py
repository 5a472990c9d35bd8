"""Pure functions: TikTok Shop's words and shapes -> ours, and back."""
