"""Pure functions between Sendo's JSON and the hub's snapshots."""
