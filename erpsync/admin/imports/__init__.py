"""Imports by spreadsheet: each difference is shown before anything is written, and a file is taken whole or not at all."""
