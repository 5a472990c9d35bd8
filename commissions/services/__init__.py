"""Services of commissions, the only writers of its tables."""
