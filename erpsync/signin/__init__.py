"""Signing in to the admin: a brake before the password is looked at, bounded memory, and a record of who came and who tried."""
