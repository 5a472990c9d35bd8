"""Simulated Tiki, written from its documentation only."""
