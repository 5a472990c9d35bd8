"""Metrics for Prometheus: the state of the hub as gauges, computed when they are scraped."""
