"""Building blocks of the API's resources: paging, filters, chosen fields, writes that may be repeated, problems, the schema."""
