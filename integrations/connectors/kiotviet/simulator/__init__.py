"""Simulated KiotViet: a strict fake of its Public API, written from its documentation and live captures."""
