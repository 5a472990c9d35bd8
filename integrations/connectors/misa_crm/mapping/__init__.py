"""Pure mapping of raw rows to snapshots and back: `fields` reads numbers and times, `states` labels, the others one resource each."""
