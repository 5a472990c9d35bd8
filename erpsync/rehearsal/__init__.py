"""Rehearsal: a sale day on the simulator with a hub of its own, and the hub's books compared with the world's state."""
