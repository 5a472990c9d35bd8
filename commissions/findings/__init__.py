"""Findings about money: their kinds, and how they are recognised. No table is read or written here."""
