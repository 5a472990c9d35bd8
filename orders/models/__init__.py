"""What was sold, and what was done about it. Rows are written by `services` only."""

from orders.models.customer import Customer, CustomerIdentity
from orders.models.fulfilment import Fulfilment
from orders.models.order import Order, OrderLine, Parcel, Status, StatusChange
from orders.models.returns import Return, ReturnChange, ReturnLine

__all__ = [
    "Customer",
    "CustomerIdentity",
    "Fulfilment",
    "Order",
    "OrderLine",
    "Parcel",
    "Return",
    "ReturnChange",
    "ReturnLine",
    "Status",
    "StatusChange",
]
