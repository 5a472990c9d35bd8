"""Statement files, whatever the channel: finding tables by their headings, reading cells strictly, checking sums."""
