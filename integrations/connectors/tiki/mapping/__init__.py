"""Pure functions: Tiki's words and shapes -> ours, and back."""
