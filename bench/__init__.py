"""Benchmarks: each figure beside a peer measured in the same run, because on an unknown machine only ratios mean anything."""
