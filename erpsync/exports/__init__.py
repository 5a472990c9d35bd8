"""Files of lists: writers of CSV and workbooks, and the record of what was taken out."""
