"""Deal calls, on a host of their own with an envelope of their own. A refusal stops the whole call [nv]."""

from __future__ import annotations

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.backend import Backend
from integrations.connectors.tiki.simulator.book import Deal
from integrations.connectors.tiki.simulator.request import Call, paged
from integrations.connectors.tiki.simulator.wire import Fields, Refusal, epoch, good, instant, local
from integrations.simulator.shops import LIVE, Item
from integrations.simulator.simulated_platform import Response

CLOSED, EXPIRED, RUNNING, ACTIVE = 5, 3, 2, 1
_LONGEST = 180 * 86_400


def created(backend: Backend, call: Call) -> Response:
    """POST deals: an array of up to a hundred."""
    if not isinstance(call.body, list) or not 1 <= len(call.body) <= facts.DEALS_MAX:
        raise bad("Body must be an array of 1 to 100 deals", "Dữ liệu phải là danh sách từ 1 đến 100 giảm giá")
    found = [_deal(backend, call, row) for row in call.body]
    for deal in found:
        for other in _overlapping(backend, deal):
            # a new deal over a running one closes the old one
            other.status = CLOSED
        backend.state.deals[deal.id] = deal
    return good([_view(backend, deal) for deal in found], 201)


def listed(backend: Backend, call: Call) -> Response:
    """GET deals."""
    wanted, skus = call.query.get("is_active", ""), [sku for sku in call.query.get("skus", "").split(",") if sku]
    views = [
        _view(backend, deal)
        for deal in backend.state.deals.values()
        if deal.seller == call.seller and (not skus or deal.sku in skus)
    ]
    rows, paging = paged([view for view in views if wanted in ("", str(view["is_active"]))], call)
    return good({"page": paging, "use_es": False, "data": rows})


def off_many(backend: Backend, call: Call) -> Response:
    """POST deals/off-many: an array of ids, a result for each."""
    if not isinstance(call.body, list):
        raise bad("Body must be an array of ids", "Dữ liệu phải là danh sách mã giảm giá")
    return good([_off(backend, call, number) for number in call.body])


def bad(english: str, vietnamese: str) -> Refusal:
    """Refusal in the host's own envelope."""
    body = {"statusCode": 400, "message": {"en": english, "vi": vietnamese}, "error": "Bad Request"}
    return Refusal(400, english, body=body)


def _deal(backend: Backend, call: Call, row: object) -> Deal:
    if not isinstance(row, dict):
        raise bad("Deal must be an object", "Giảm giá không hợp lệ")
    item = _item(backend, call, str(row.get("sku", "")))
    price, special = item.variations[0].price, row.get("special_price")
    try:
        starts, ends = epoch(str(row.get("special_from_date"))), epoch(str(row.get("special_to_date")))
    except ValueError:
        raise bad("Date is invalid", "Ngày không hợp lệ") from None
    if starts >= ends:
        text = "Thời gian bắt chạy giảm giá phải nhỏ hơn thời gian kết thúc"
        raise bad("Start time must be less than end time", text)
    if starts <= call.now or ends - starts > _LONGEST:
        raise bad("Deal must start in the future and last at most 180 days", "Thời gian giảm giá không hợp lệ")
    if not isinstance(special, int) or not price / 2 <= special < price:
        raise bad("Special price must be at least 50% of and below the price", "Giá giảm không hợp lệ")
    return Deal(
        id=500_000_000 + backend.context.draws.number("tiki", "deal", len(backend.state.deals), row["sku"]) % 10**8,
        seller=call.seller,
        product_id=int(item.id),
        sku=str(row["sku"]),
        price=price,
        special_price=special,
        starts=starts,
        ends=ends,
        qty_max=int(row.get("qty_max") or 0),
        qty_limit=int(row.get("qty_limit") or 0),
        created_at=call.now,
    )


def _item(backend: Backend, call: Call, sku: str) -> Item:
    for item in backend.shop(call).items.values():
        if item.status == LIVE and backend.product_sku(item.id) == sku:
            return item
    raise bad(f"Product {sku} is not found or not enabled", f"Sản phẩm {sku} không tồn tại hoặc đang tắt")


def _overlapping(backend: Backend, deal: Deal) -> list[Deal]:
    return [
        other
        for other in backend.state.deals.values()
        if (other.seller, other.sku, other.status) == (deal.seller, deal.sku, ACTIVE)
        and other.starts < deal.ends
        and deal.starts < other.ends
    ]


def _off(backend: Backend, call: Call, number: object) -> Fields:
    deal = backend.state.deals.get(number) if isinstance(number, int) else None
    if deal is None or deal.seller != call.seller or deal.status == CLOSED:
        state = "STATUS_CLOSED" if deal else "STATUS_NOT_FOUND"
        message = {
            "en": f"Deal {number} is {state}, can not stop it",
            "vi": f"Giảm giá {number} đang có trạng thái {state}, không thể dừng",
        }
        return {"code": 400, "id": number, "message": message, "status": "error", "success": False}
    deal.status = CLOSED
    message = {"en": "Success", "vi": "Thành công"}
    return {"code": 200, "id": number, "message": message, "status": "success", "success": True}


def _view(backend: Backend, deal: Deal) -> Fields:
    now = backend.now
    running = RUNNING if deal.starts <= now < deal.ends else EXPIRED if now >= deal.ends else ACTIVE
    return {
        "id": deal.id,
        "product_id": deal.product_id,
        "sku": deal.sku,
        "seller_id": backend.seller_id(deal.seller),
        "price": deal.price,
        "special_price": deal.special_price,
        "special_from_date": local(deal.starts),
        "special_to_date": local(deal.ends),
        "qty_max": deal.qty_max,
        "qty_limit": deal.qty_limit,
        "is_active": CLOSED if deal.status == CLOSED else running,
        "created_at": instant(deal.created_at),
    }
