"""The resources of the API, one file per subject: what a row shows, and how its list is filtered and sorted."""
