"""Backups of the database, encrypted, in a directory or bucket; and restoring from them."""
