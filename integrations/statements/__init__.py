"""Statement files that people upload: recognised, checked, compared with what is stored, and imported in one transaction."""
