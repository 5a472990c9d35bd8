"""Marketplace orders at the POS: an order document while it is to be shipped, its invoice once it is, a void when it is not.

`desired` says which documents an order should have, `places` at which branches, `build` makes the message of each, `observe`
takes what the POS reports of documents. A shop whose orders the POS imports by itself gets none from us.
"""
