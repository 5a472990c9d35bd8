"""Replay of cases: small stories of what channels answered, run through the real pipeline and compared with what is wanted."""
