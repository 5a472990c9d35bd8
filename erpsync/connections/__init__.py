"""State of the connections in words for people, as back office and API show it."""
