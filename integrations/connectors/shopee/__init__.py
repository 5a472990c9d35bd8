"""Shopee Open Platform v2: a marketplace. See README.md for limits, oddities and sources."""
