"""The simulated world that all simulated platforms share: goods, shops, buyers, couriers, a till, a clock.

Ground rules
- *Stock* is physical units per SKU and warehouse: opening stock, less units that a courier took for a marketplace order, less
  till sales, plus units that the store booked back in. A marketplace order takes its units from the warehouse its shop ships
  from (`Shop.ships_from`) at the moment the courier has them, because that is when the hand-over to the POS (an invoice) is due.
  So the stock of `GET /truth` is the POS' on-hand as it should be when every shipped order was handed over exactly once.
- Units of open orders are *promised*: still on the shelf, set aside by the staff, not for sale at the till.
- An order is *oversold* by the units that its warehouse had not left unpromised when the buyer pressed the button. Five real
  seconds before decide whether the hub could have prevented it (`Oversale.unavoidable`).
- A bundle holds no stock: its components move.

Logical time (`Timeline`) drives what happens; every time that a platform reports comes from the machine's clock (plus the
platform's skew). No module here names a channel.
"""
