"""Simulated TikTok Shop: a strict fake of Open API 202309, written from its documentation and public SDKs."""
