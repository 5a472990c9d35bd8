"""The shared fake world that every connector's platform side stands in."""
