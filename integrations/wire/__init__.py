"""Shared machinery of all connectors: signed calls, limits, paging, tokens, and the one tree of errors."""
