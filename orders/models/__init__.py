"""Orders, customers and returns. Rows are written by `services` only."""

from orders.models.customer import Customer, CustomerIdentity
from orders.models.desk import OrderNote, OrderTag
from orders.models.order import Order, OrderLine, Parcel, StatusChange
from orders.models.packing import HandOver, HandOverScan, PackedParcel, Wave, WaveOrder
from orders.models.parcel_event import ParcelEvent, TrackingRead
from orders.models.photos import ParcelPhoto
from orders.models.returns import Return, ReturnChange, ReturnLine
from orders.models.settlement import WaitingSettlement
from orders.statuses import Status

__all__ = [
    "Customer",
    "CustomerIdentity",
    "HandOver",
    "HandOverScan",
    "Order",
    "OrderLine",
    "OrderNote",
    "OrderTag",
    "PackedParcel",
    "Parcel",
    "ParcelEvent",
    "ParcelPhoto",
    "Return",
    "ReturnChange",
    "ReturnLine",
    "Status",
    "StatusChange",
    "TrackingRead",
    "WaitingSettlement",
    "Wave",
    "WaveOrder",
]
