"""Backfill: a shop's history, read in once. A run is cut into chunks of days, each read, stored and retried by itself.

Stored by the same code as the pipeline's, so a backfilled row is the row a webhook would have made. Killed at any point,
a chunk's lease runs out and it is read again; storing twice is storing once.
"""
