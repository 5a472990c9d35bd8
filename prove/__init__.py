"""Long proofs: what takes too long for `make test`, each with its short form there. `python -m prove` writes docs/proofs.md."""
