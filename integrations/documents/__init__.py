"""Documents that other systems should have of ours: orders and invoices at the POS, buyers and orders in the CRM.

Driven by state. Whenever orders change, the documents they should have at each target (`desired`) are compared with the
commands there are (`difference`), in the same transaction: what is missing is wanted, what is waiting and no longer needed is
dropped (`engine`). What a target system takes is one row of `targets`. `commands` carries commands out, once.
"""
