"""Waves: planned from orders that are to be packed, made in few statements, and brought up to their orders."""
