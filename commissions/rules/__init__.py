"""Commission rules: what a fee or commission should be, by dated rules. Pure: no database, no clock, exact decimals.

`reading` turns RULES.json and ORDERS.json into the frozen types of `rule` and `order`; `index` compiles rules once;
`charging` computes an order's entries, `reversals` what comes back, `periods` the entries of a month.
"""
