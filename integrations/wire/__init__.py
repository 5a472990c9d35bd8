"""What all connectors share on the wire: signed calls, limits, paging, tokens, and the one tree of errors."""
