"""Keys of partner systems: their text, their life, tokens in exchange for them, and how a request is recognised by them."""
