"""Shipping labels: wanted by people, fetched by a job per account, printed as one file."""
