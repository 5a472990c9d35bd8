"""Receivers of business events, one module per kind of sink: each writes down what it got."""
