"""Simulated Shopee: a strict fake of Open Platform v2, written from its documentation and public SDKs."""
