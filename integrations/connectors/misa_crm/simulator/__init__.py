"""Simulated MISA AMIS CRM: a strict fake of Open API v2 for one tenant, written from the collected facts about it."""
