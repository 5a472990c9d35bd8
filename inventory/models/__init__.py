"""Products, stock, warehouses, shops and listings. Rows are written by `services` only."""

from inventory.models.fields import quantity_field
from inventory.models.listings import BulkMapping, Listing, ListingStock, StockDrift
from inventory.models.products import BundleComponent, Product, ProductPair
from inventory.models.shops import Shop, ShopMembership, Warehouse
from inventory.models.stock import Breach, Reservation, StockLevel, StockMark, StockMovement

__all__ = [
    "Breach",
    "BulkMapping",
    "BundleComponent",
    "Listing",
    "ListingStock",
    "Product",
    "ProductPair",
    "Reservation",
    "Shop",
    "ShopMembership",
    "StockDrift",
    "StockLevel",
    "StockMark",
    "StockMovement",
    "Warehouse",
    "quantity_field",
]
