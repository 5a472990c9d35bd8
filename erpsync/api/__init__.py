"""The REST API for partner systems, under /api/v1/. A resource is one file in `resources/`; what they share is in `kit/`."""
