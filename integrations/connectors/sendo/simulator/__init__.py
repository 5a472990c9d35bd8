"""Simulated Sendo: a strict fake of the seller Open API, written from what is published about it."""
