"""Pure functions: Shopee's words and shapes -> ours, and back."""
