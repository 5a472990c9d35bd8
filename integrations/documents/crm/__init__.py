"""Marketplace orders in the CRM: the buyer and the order when it is to ship, later its new state, and lines that changed.

Everything is written by code, so writing it twice leaves one:
- a buyer by the code that the CRM has for this telephone, else by one made of it; masked buyers by the one customer that
  stands for the shop;
- an order by the shop and its number.

The options of a `crm_customer` are {customer: {code, name, phone, address, is_personal}}; those of a `crm_order` {code, state,
customer (its code), title, placed_at (ISO), recipient, names (SKU -> title), is_corrected (whether lines changed since they
were written)}, with `state` in our words.
"""
