"""JSON of orders, items and package histories, field by field as in recorded answers."""

from __future__ import annotations

from typing import Any

from integrations.connectors.lazada.simulator import book, facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order, Unit
from integrations.connectors.lazada.simulator.wire import iso, money, stamp
from integrations.simulator.oddities import OrderForm, as_text, long_name, long_tracking, odd_order

Fields = dict[str, Any]
_ON_THE_ROAD = frozenset({book.READY, book.SHIPPED, book.DELIVERED, book.CONFIRMED, book.RETURNED})


# items come as a list of their own: it is there, with nothing in it
FORM = OrderForm(
    lines="items",
    silent=([],),
    line_fields={
        "sla_time_stamp": ("N/A", "0000-00-00 00:00:00", ""),
        "promised_shipping_time": ("N/A", "0000-00-00 00:00:00"),
        "paid_price": (as_text,),
        "voucher_amount": ("", "N/A"),
    },
    line_long={"name": long_name, "tracking_code": long_tracking},
)


def header(order: Order) -> Fields:
    """An order without its items; it has no status of its own, only those of its items."""
    goods = sum(unit.price for unit in order.units)
    address = _address(order)
    return {
        "voucher_platform": 0,
        "voucher": money(0),
        "warehouse_code": facts.WAREHOUSE,
        "order_number": order.id,
        "voucher_seller": 0,
        "created_at": stamp(order.created),
        "voucher_code": "",
        "gift_option": False,
        "shipping_fee_discount_platform": money(0),
        "customer_last_name": "",
        "updated_at": stamp(order.updated),
        "promised_shipping_times": "",
        "price": f"{goods}.00",
        "national_registration_number": "",
        "shipping_fee_original": money(facts.FREIGHT),
        "payment_method": "COD" if order.cod else "MIXEDCARD",
        "customer_first_name": masked_name(order.buyer),
        "shipping_fee_discount_seller": money(0),
        "shipping_fee": money(facts.FREIGHT),
        "branch_number": "",
        "tax_code": "",
        "items_count": len(order.units),
        "delivery_info": "",
        "statuses": list(dict.fromkeys(unit.status for unit in order.units)),
        "address_billing": address,
        "extra_attributes": '{"TaxInvoiceRequested":false}',
        "order_id": order.id,
        "gift_message": "",
        "remarks": "",
        "buyer_note": "",
        "address_shipping": address,
    }


def items(backend: Backend, order: Order) -> list[Fields]:
    """One object per unit."""
    shop = backend.context.shops[order.seller].name
    rows = [_item(order, unit, shop) for unit in order.units]
    step = ",".join(unit.status for unit in order.units)
    found: list[Fields] = odd_order(backend.context, FORM, {"items": rows}, str(order.id), step)["items"]
    return found


def histories(order: Order) -> list[Fields]:
    """Return the tracking histories of the packages that the courier has."""
    packages = [found for found in order.packages.values() if any(unit.status in _ON_THE_ROAD for unit in found.units)]
    if not packages:
        return []
    return [
        {
            "ofc_order_id": f"LFO{order.id}",
            "warehouse_detail_info": "",
            "package_detail_info_list": [
                {
                    "order_line_info_list": "",
                    "tracking_number": found.tracking,
                    "ofc_package_id": found.id,
                    "logistic_detail_info_list": [_event(found.units[0])],
                }
                for found in packages
            ],
        }
    ]


def masked(text: str) -> str:
    """Mask a text but for its first and last letter."""
    return text if len(text) < 3 else f"{text[0]}{'*' * (len(text) - 2)}{text[-1]}"


def masked_name(name: str) -> str:
    """Mask each word of a name but for its first letter."""
    return " ".join(f"{word[0]}****" if len(word) > 1 else word for word in name.split())


def _event(unit: Unit) -> Fields:
    moment = int(unit.updated * 1000)
    return {
        "package_location_name": "",
        "event_date": stamp(unit.updated)[:10],
        "detail_type": f"domestic_{unit.status}",
        "proof_images": [],
        "receive_time": moment,
        "status_code": unit.status.upper(),
        "icon": "",
        "event_time": moment,
        "description": unit.status,
        "title": unit.status,
    }


def _address(order: Order) -> Fields:
    return {
        "country": "Vietnam",
        "address3": masked(order.city),
        "address2": "",
        "city": order.city,
        "address1": masked(order.street),
        "phone2": "",
        "last_name": "",
        "phone": f"84********{order.phone[-2:]}",
        "customer_email": "",
        "post_code": "700000",
        "address5": masked(order.ward),
        "address4": masked(order.district),
        "first_name": masked_name(order.buyer),
    }


def _item(order: Order, unit: Unit, shop: str) -> Fields:
    package = order.packages.get(unit.package)
    freight = money(facts.FREIGHT // len(order.units))
    asked = order.cancel_id and unit.status != book.CANCELED
    return {
        "tax_amount": money(0),
        "reason": unit.reason,
        "sla_time_stamp": iso(order.created + facts.DAYS_TO_SHIP * facts.DAY),
        "voucher_seller": 0,
        "purchase_order_id": "",
        "voucher_code_seller": "",
        "voucher_code": "",
        "package_id": unit.package,
        "variation": f"Phân loại:{unit.variation}" if unit.variation else "",
        "product_id": unit.item_id,
        "voucher_code_platform": "",
        "purchase_order_number": "",
        "sku": unit.seller_sku,
        "order_type": "Normal",
        "invoice_number": "",
        "cancel_return_initiator": unit.initiator,
        "shop_sku": f"{unit.item_id}_VNAMZ-{unit.sku_id}",
        "is_reroute": 0,
        "stage_pay_status": "",
        "sku_id": unit.sku_id,
        "tracking_code_pre": "",
        "order_item_id": unit.id,
        "shop_id": masked_name(shop),
        "order_flag": "NORMAL",
        "is_fbl": int(unit.by_lazada),
        "name": unit.name,
        "delivery_option_sof": 0,
        "order_id": order.id,
        "status": unit.status,
        "paid_price": money(unit.price),
        "product_main_image": "https://vn-live.slatic.net/p/masked.jpg",
        "voucher_platform": 0,
        "product_detail_url": f"https://www.lazada.vn/products/i{unit.item_id}-s{unit.sku_id}.html?urlFlag=true&mp=1",
        "promised_shipping_time": "",
        "warehouse_code": facts.WAREHOUSE,
        "shipping_type": "Dropshipping",
        "created_at": stamp(order.created),
        "shipping_fee_discount_platform": 0,
        "wallet_credits": 0,
        "updated_at": stamp(unit.updated),
        "currency": facts.CURRENCY,
        "shipping_provider_type": "standard",
        "voucher_platform_lpi": 0,
        "shipping_fee_original": freight,
        "item_price": money(unit.price),
        "is_digital": 0,
        "shipping_service_cost": 0,
        "tracking_code": package.tracking if package else "",
        "shipping_fee_discount_seller": 0,
        "shipping_amount": freight,
        "reason_detail": "",
        "return_status": unit.return_status,
        "shipment_provider": facts.CARRIER if package else "",
        "voucher_seller_lpi": 0,
        "voucher_amount": 0,
        "digital_delivery_info": "",
        "extra_attributes": "",
        "need_cancel_confirm": bool(asked),
        "is_cancel_pending": bool(asked),
        "cancel_trigger_time": int(order.cancel_trigger * 1000) if asked else "",
        "reverse_order_id": str(order.cancel_id) if asked else "",
    }
