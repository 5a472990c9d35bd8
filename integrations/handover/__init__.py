"""Marketplace orders at the POS: an order document while it is to be shipped, its invoice once it is, a void when it is not.

Driven by state: whenever orders change, the documents they should have (`steps`) are compared with those that are on
their way or made, and the difference is wanted (`wanting`); what the POS tells of documents is `learning`. A shop whose
orders the POS imports by itself gets none from us.
"""
