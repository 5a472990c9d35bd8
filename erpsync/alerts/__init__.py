"""Alerts: conditions that are checked each minute, and the news of each change to whoever chose to get it."""
