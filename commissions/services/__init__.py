"""The only writers of what a sale costs and brings."""
