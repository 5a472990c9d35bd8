"""The simulated Lazada, written from public descriptions of the platform. Knows nothing of the hub."""
