"""Pure functions between Lazada's JSON and the hub's snapshots."""
