"""Commands: requested by people or by `engine`, carried out once, never repeated blind.

The row is committed as `sent` before the call; found `sent` later, the outcome is looked up at the channel. A command never
writes an order's status: its success asks the channel for the order, and that answer does.
"""
