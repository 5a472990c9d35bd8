"""Lazada, Vietnam."""
