"""What all resources of the API share: paging, filters, chosen fields, writes that may be repeated, problems, the schema."""
