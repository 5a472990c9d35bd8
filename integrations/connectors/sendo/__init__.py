"""Sendo: the connector and its side of the simulator."""
