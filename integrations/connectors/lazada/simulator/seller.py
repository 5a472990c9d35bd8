"""The seller and its warehouse."""

from __future__ import annotations

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.platform import Platform
from integrations.connectors.lazada.simulator.request import Call, Fields
from integrations.connectors.lazada.simulator.wire import data, top


def get_seller(platform: Platform, call: Call) -> Fields:
    """/seller/get."""
    shop = platform.shop(call)
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
            "short_code": platform.short_code(shop.id),
            "cb": False,
            "status": "ACTIVE",
        }
    )


def get_warehouses(platform: Platform, call: Call) -> Fields:
    """/seller/warehouse/get: our shops have one."""
    call.text("addressTypes")
    row = {
        "code": facts.WAREHOUSE,
        "name": platform.shop(call).ships_from,
        "detailAddress": "masked",
        "needToUpdate": False,
        "defaultAddress": True,
        "status": "ACTIVE",
    }
    return top(result={"success": True, "module": [row], "error_code": {}})
