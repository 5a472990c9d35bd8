"""Raw <-> snapshot, pure: `fields` reads numbers and times, `states` the tenant's words, the others what their names say."""
