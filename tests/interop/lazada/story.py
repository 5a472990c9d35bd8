"""A day with the official client, unchanged: settings as JSON on stdin, what it saw as JSON on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

from lazop_sdk import LazopClient, LazopRequest

settings = json.load(sys.stdin)
client = LazopClient(f"{settings['base_url']}/rest", settings["app_key"], settings["app_secret"])


def ask(path: str, method: str = "POST", token: str | None = None, **params: str) -> Any:
    request = LazopRequest(path, method)
    for name, value in params.items():
        request.add_api_param(name, value)
    return client.execute(request, token)


pair = ask("/auth/token/create", code=settings["code"]).body
second = ask("/auth/token/refresh", "GET", refresh_token=pair["refresh_token"]).body
token = second["access_token"]
listed = ask("/orders/get", "GET", token, update_after=settings["since"], sort_by="updated_at", sort_direction="ASC")
ids = [order["order_id"] for order in listed.body["data"]["orders"]]
items = ask("/orders/items/get", "GET", token, order_ids=json.dumps(ids)).body["data"]
units = [unit["order_item_id"] for unit in items[0]["order_items"]]
pack = {
    "pack_order_list": [{"order_id": ids[0], "order_item_list": units}],
    "delivery_type": "dropship",
    "shipping_allocate_type": "TFS",
}
packed = ask("/order/fulfill/pack", token=token, packReq=json.dumps(pack)).body["result"]["data"]
package = packed["pack_order_list"][0]["order_item_list"][0]["package_id"]
ready = ask("/order/package/rts", token=token, readyToShipReq=json.dumps({"packages": [{"package_id": package}]})).body
xml = (
    f"<Request><Product><Skus><Sku><ItemId>{settings['item_id']}</ItemId><SkuId>{settings['sku_id']}</SkuId>"
    "<SellerSku>Áo & quần</SellerSku><SellableQuantity>7</SellableQuantity></Sku></Skus></Product></Request>"
).replace(" & ", " &amp; ")
stock = ask("/product/stock/sellable/update", token=token, payload=xml)
used = ask("/auth/token/create", code=settings["code"])
wrong = ask("/order/get", "GET", token, order_id="1234")
stranger = ask("/seller/get", "GET", "50000x")
json.dump(
    {
        "seller": pair["country_user_info"][0]["seller_id"],
        "renewed": second["access_token"] != pair["access_token"],
        "name": ask("/seller/get", "GET", token).body["data"]["name"],
        "orders": [str(number) for number in ids],
        "units": [len(row["order_items"]) for row in items],
        "ready": ready["result"]["data"]["packages"][0]["item_err_code"],
        "stock": stock.code,
        "refused": [[one.type, one.code, bool(one.message and one.request_id)] for one in (used, wrong, stranger)],
    },
    sys.stdout,
)
