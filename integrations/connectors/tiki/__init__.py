"""Tiki: a marketplace whose changes are pulled from an event queue."""
