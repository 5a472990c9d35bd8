"""Sendo's words <-> ours. Pure: no call is made here."""
