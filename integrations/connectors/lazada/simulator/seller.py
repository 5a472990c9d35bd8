"""Calls about the seller and its warehouse."""

from __future__ import annotations

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.request import Call, Fields
from integrations.connectors.lazada.simulator.wire import data, top


def get_seller(backend: Backend, call: Call) -> Fields:
    """/seller/get."""
    shop = backend.shop(call)
    return data(
        {
            "name_company": "C*** T*** TNHH",
            "logo_url": "",
            "name": shop.name,
            "verified": True,
            "location": "Hồ Chí Minh",
            "marketplaceEaseMode": False,
            "seller_id": int(shop.id),
            "email": "m***@example.com",
            "short_code": backend.short_code(shop.id),
            "cb": False,
            "status": "ACTIVE",
        }
    )


def get_warehouses(backend: Backend, call: Call) -> Fields:
    """/seller/warehouse/get: our shops have one."""
    call.text("addressTypes")
    return get_rc_warehouses(backend, call)


def get_rc_warehouses(backend: Backend, call: Call) -> Fields:
    """/rc/warehouse/get, which today's reference names in place of the other; that it answers alike is inferred."""
    row = {
        "code": facts.WAREHOUSE,
        "name": backend.shop(call).ships_from,
        "detailAddress": "masked",
        "needToUpdate": False,
        "defaultAddress": True,
        "status": "ACTIVE",
    }
    return top(result={"success": True, "module": [row], "error_code": {}})
