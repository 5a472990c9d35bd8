"""Reads of money that the apps above share."""
