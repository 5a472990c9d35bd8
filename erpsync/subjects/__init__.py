"""Data subjects: everything about one person found, exported, erased."""
