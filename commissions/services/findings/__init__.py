"""Findings kept up with what was matched, and what people do about them."""
