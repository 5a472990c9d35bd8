"""Sizes up to which an uploaded file is read. A month of a large shop is about 30,000 rows of 65 columns, 5 MB packed."""

PACKED_MB = 20
# a sheet of 60 MB was seen: padded to 1,000 columns
UNPACKED_MB = 160
PARTS = 300
ROWS = 60_000
# after empty cells at the end of a row were dropped
COLUMNS = 300
CELLS = 2_500_000
TEXT_LENGTH = 32_767

# of the process that unpacks a workbook
MEMORY_MB = 1_024
SECONDS = 60

MB = 1_000_000
