"""A sale day on the simulator with a hub of its own, and the hub's books held against the world's truth afterwards."""
