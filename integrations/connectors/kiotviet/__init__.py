"""KiotViet Retail: the POS that keeps the stock. See README.md for limits, oddities and sources."""
