"""Return calls: requests after delivery and the seller's decisions. Calls that act are GETs, as documented."""

from __future__ import annotations

from typing import Any

from integrations.connectors.lazada.simulator import book, facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Reverse, Unit
from integrations.connectors.lazada.simulator.request import Call, Fields, Refusal, is_whole
from integrations.connectors.lazada.simulator.steps import GO_ON, change_return, put
from integrations.connectors.lazada.simulator.wire import data, top

_KINDS = frozenset({"CANCEL", "RETURN", "ONLY_REFUND"})
# action -> (statuses it is possible in, what the line says then) [inf: the page has the actions, not all the words]
_ACTIONS = {
    "instantRefund": (frozenset({"REQUEST_INITIATE", "RTM_INIT"}), "REFUND_SUCCESS"),
    "agreeReturn": (frozenset({"REQUEST_INITIATE"}), "RTM_INIT"),
    "refuseReturn": (frozenset({"REQUEST_INITIATE"}), "REQUEST_REJECT"),
    "confirmDelivery": (frozenset({"RTM_SHIPPING_BACK"}), "RTM_RECEIVE_ITEM"),
    "agreeRefund": (frozenset({"RTM_RECEIVE_ITEM"}), "REFUND_SUCCESS"),
    "refuseRefund": (frozenset({"RTM_RECEIVE_ITEM"}), "REFUND_REJECTED"),
}
_REFUSALS = frozenset({"refuseReturn", "refuseRefund"})


def listed(backend: Backend, call: Call) -> Fields:
    """/reverse/getreverseordersforseller: a page of returns by their modified time."""
    size = call.number("page_size", high=100, low=1, code="120", word="page size")
    page = call.number("page_no", high=100_000, low=1, code="121", word="page number")
    first = call.millis("ReverseOrderLineModifiedTimeRangeStart", 0.0)
    last = call.millis("ReverseOrderLineModifiedTimeRangeEnd", float(1 << 40))
    kinds = set(call.array("request_type_list", _bad("request_type_list"), "[]")) or _KINDS
    states = set(call.array("reverse_status_list", _bad("reverse_status_list"), "[]"))
    index = backend.book.returned.get(call.seller)
    ids = [found for _, found in index.between(first, last)] if index else []
    found = [backend.book.reverses[call.seller, one] for one in ids]
    fits = [one for one in found if one.kind in kinds and (not states or one.status in states)]
    shown = [_row(backend, one) for one in fits[size * (page - 1) : size * page]]
    return top(result={"total": len(fits), "success": True, "page_no": page, "page_size": size, "items": shown})


def detail(backend: Backend, call: Call) -> Fields:
    """/order/reverse/return/detail/list: one return; its lines have other names here than in the list."""
    found = _find(backend, call, "106", "E0106: ROC internal error")
    lines = [_line(found, unit, product="productDTO", sku="sku", buyer="user_id") for unit in found.units]
    for line in lines:
        line["is_need_refund"] = True
    return data({**_head(found), "reverseOrderLineDTOList": lines})


def reasons(backend: Backend, call: Call) -> Fields:
    """/order/reverse/reason/list: reasons for a seller's refusal."""
    call.id("reverse_order_line_id", "103", "E0103: reverse order line id is empty when query reject reason")
    return data(
        [{"reason_id": one, "muti_language_text": text, "text": text} for one, text in facts.REFUSALS.items()]
    )  # fmt: skip


def history(backend: Backend, call: Call) -> Fields:
    """/order/reverse/return/history/list: always empty."""
    call.id("reverse_order_line_id", "103", "E0103: reverse order line id is empty when query reject reason")
    info = {"page_size": 10, "current_page_number": 1, "total": 0}
    return data({"list": [], "page_info": info})


def update(backend: Backend, call: Call) -> Fields:
    """/order/reverse/return/update: agree, refuse, confirm, refund."""
    found = _find(backend, call, "112", "E0112: no reverse order found")
    action = call.text("action")
    if action not in _ACTIONS:
        raise Refusal("107", "E0107: invalid action")
    if found.kind != "RETURN":
        raise Refusal("114", "E0114: this reverse does not support this action")
    lines = _lines(found, call)
    if action in _REFUSALS:
        _check_refusal(call, action, lines)
    possible, status = _ACTIONS[action]
    if found.status not in possible:
        raise Refusal("114", "E0114: this reverse does not support this action")
    change_return(backend, found, status)
    if action == "agreeReturn":
        backend.schedule(facts.RETURN_TRIP, GO_ON, found.seller, found.id)
    if status == "REFUND_SUCCESS":
        for unit in found.units:
            put(backend, found.order, unit, book.RETURNED, found.id)
    return data({"reverse_order_id": found.id, "reverse_order_line": [{"reverse_order_line_id": one} for one in lines]})


def only_refund(backend: Backend, call: Call) -> Fields:
    """/order/reverse/onlyrefund/seller/decide: pay, or let Lazada judge."""
    action = call.text("action")
    if action not in {"agreeRefund", "startDispute"}:
        raise Refusal("107", "E0107: invalid action")
    found = _find(backend, call, "112", "E0112: no reverse order found")
    if len(_lines(found, call)) > 1:
        raise Refusal("133", "E0133: do not support batch operation")
    if found.kind != "ONLY_REFUND" or found.status != "REQUEST_INITIATE" or found.disputed:
        raise Refusal("114", "E0114: this reverse does not support this action")
    if action == "startDispute":
        if not call.text("comment", ""):
            raise Refusal("109", "E0109: comment can't be empty if startDispute")
        if not call.array("image_info_list", _bad("image_info_list"), "[]"):
            raise Refusal("110", "E0110: image can't be empty if startDispute")
        found.disputed = True
        backend.book.touch_reverse(found, backend.now)
    else:
        change_return(backend, found, "REFUND_SUCCESS")
    return data(None)


def _find(backend: Backend, call: Call, code: str, words: str) -> Reverse:
    number = call.id("reverse_order_id", "105", "E0105: reverse order id is empty or invalid")
    found = backend.book.reverses.get((call.seller, number))
    if found is None:
        raise Refusal(code, words)
    return found


def _lines(found: Reverse, call: Call) -> list[int]:
    wrong = Refusal("126", "E0126: invalid reverse order lines")
    ids: list[Any] = call.array("reverse_order_item_ids", wrong)
    known = {found.line_id(unit) for unit in found.units}
    if not ids or not all(is_whole(str(one)) and int(one) in known for one in ids):
        raise wrong
    return [int(one) for one in ids]


def _check_refusal(call: Call, action: str, lines: list[int]) -> None:
    if len(lines) > 1:
        raise Refusal("111", "E0111: do not support massive reverse order line operation if you want to refuse")
    if call.text("reason_id", "") not in {str(one) for one in facts.REFUSALS}:
        raise Refusal("108", "E0108: reason can't be empty if you want to refuse return or refund")
    if not call.text("comment", ""):
        raise Refusal("109", "E0109: comment can't be empty if you want to refuse return or refund")
    if action == "refuseRefund" and not call.array("image_info", _bad("image_info"), "[]"):
        raise Refusal("110", "E0110: image can't be empty if you want to refuse refund")


def _bad(name: str) -> Refusal:
    return Refusal("InvalidParameter", f'The input parameter "{name}" is invalid', kind="ISV")


def _head(found: Reverse) -> Fields:
    return {
        "reverse_order_id": found.id,
        "trade_order_id": found.order.id,
        "request_type": found.kind,
        "shipping_type": "PICK_UP",
        "is_rtm": found.kind == "RETURN",
    }


def _row(backend: Backend, found: Reverse) -> Fields:
    lines = [_line(found, unit, product="product", sku="product_sku", buyer="buyer_id") for unit in found.units]
    for line in lines:
        line["is_need_refund"] = "true"
    return {**_head(found), "reverse_order_lines": lines}


def _line(found: Reverse, unit: Unit, *, product: str, sku: str, buyer: str) -> Fields:
    """Return a line. Amounts in dong, not in cents, as only in Vietnam; times in ms."""
    shop_sku = f"{unit.item_id}_VNAMZ-{unit.sku_id}"
    return {
        "reverse_order_line_id": found.line_id(unit),
        "trade_order_line_id": unit.id,
        "reverse_status": found.status,
        "ofc_status": found.ofc_status,
        product: {"product_id": int(unit.item_id), sku: shop_sku},
        "buyer": {buyer: 100_000_000_000 + found.order.id % 1_000_000},
        "trade_order_gmt_create": int(found.order.created * 1000),
        "refund_amount": unit.price,
        "item_unit_price": unit.price,
        "reason_text": facts.RETURN_REASON[1],
        "reason_code": facts.RETURN_REASON[0],
        "refund_payment_method": "Lazada Wallet",
        "whqc_decision": "",
        "return_order_line_gmt_create": int(found.created * 1000),
        "return_order_line_gmt_modified": int(found.modified * 1000),
        "is_dispute": found.disputed,
        "seller_sku_id": unit.seller_sku,
        "platform_sku_id": shop_sku,
        "tracking_number": found.tracking,
        "sla": int((found.created + facts.RETURN_LIFE) * 1000),
    }
