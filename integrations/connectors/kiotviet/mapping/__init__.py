"""Raw <-> snapshot, pure: `fields` reads numbers and times, the others map what their names say."""
