"""TikTok Shop Open API 202309 and later: a marketplace. See README.md for limits, oddities and sources."""
