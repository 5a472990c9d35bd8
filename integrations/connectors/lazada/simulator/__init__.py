"""Simulated Lazada, written from public descriptions of the platform, independent of the hub."""
