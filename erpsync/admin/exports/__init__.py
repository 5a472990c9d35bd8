"""Exports of the admin's lists: which columns each has, the files, and the list of what was taken out."""
