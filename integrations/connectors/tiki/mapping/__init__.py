"""Pure functions between Tiki's JSON and the hub's snapshots."""
