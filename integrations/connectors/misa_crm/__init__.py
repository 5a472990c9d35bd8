"""MISA AMIS CRM: the customer book, which also takes the buyers and sale orders of the marketplaces."""
