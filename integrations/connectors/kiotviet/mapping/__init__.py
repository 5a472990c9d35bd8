"""Pure mapping of raw rows to snapshots and back: `fields` reads numbers and times, the others map one resource each."""
