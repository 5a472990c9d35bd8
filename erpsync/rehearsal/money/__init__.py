"""Money of a rehearsal: a history that the platforms settled with planted errors, and what the hub finds of them."""
