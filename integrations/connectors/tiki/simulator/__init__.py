"""The simulated Tiki, written from its documentation only."""
