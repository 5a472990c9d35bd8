"""Arranging shipment with the one integrated carrier, tracking, and labels."""

from __future__ import annotations

from integrations.connectors.shopee.simulator import book, facts
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.book import Order
from integrations.connectors.shopee.simulator.delivery import announce
from integrations.connectors.shopee.simulator.request import Call, Fields, Refusal, optional, required, rows
from integrations.connectors.shopee.simulator.wire import flat, wrapped
from integrations.simulator.pdf import label_pdf
from integrations.simulator.simulated_platform import InvalidState

PRINT = "print"
_METHODS = ("pickup", "dropoff", "non_integrated")
_HO_CHI_MINH = 7 * 3_600


def get_shipping_parameter(backend: Backend, call: Call) -> Fields:
    """GET logistics/get_shipping_parameter: pickup wants an address and a time, drop-off nothing."""
    order = _order(backend, call, call.text("order_sn"), call.text("package_number", ""))
    if order.status not in {book.READY, book.RETRY}:
        raise _status("The order status does not support arranging shipment.")
    slots = [
        {"date": int(slot), "time_text": "", "pickup_time_id": slot, "flags": [] if place else ["recommended"]}
        for place, slot in enumerate(_slots(call.now))
    ]
    address = _address(call.shop) | {"address_flag": ["default_address", "pickup_address"], "time_slot_list": slots}
    return wrapped(
        {
            "info_needed": {"pickup": ["address_id", "pickup_time_id"], "dropoff": []},
            "dropoff": {"branch_list": None},
            "pickup": {"address_list": [address]},
        }
    )


def ship_order(backend: Backend, call: Call) -> Fields:
    """POST logistics/ship_order. The answer carries no `response`."""
    body = call.body
    order_sn = required(body, "order_sn", str)
    order = _order(backend, call, order_sn, optional(body, "package_number", str) or "")
    _check_method(call, body)
    _arrange(backend, order)
    return flat()


def mass_ship_order(backend: Backend, call: Call) -> Fields:
    """POST logistics/mass_ship_order: packages fail one by one. The reference's answer knows a channel that they must be of; the
    request's name for it is inferred from the order's.
    """
    _check_method(call, call.body)
    channel = optional(call.body, "logistics_channel_id", int)
    done, failed = [], []
    for row in rows(call.body, "package_list"):
        number = required(row, "package_number", str, "package_list.")
        try:
            if channel not in (None, facts.LOGISTICS_CHANNEL):
                raise Refusal("logistics.error_param", "Package is not under the specified fulfilment channel")
            _ship_package(backend, call, number)
        except Refusal as refusal:
            failed.append({"package_number": number, "fail_reason": str(refusal)})
        else:
            done.append({"package_number": number})
    return wrapped({"success_list": done, "fail_list": failed})


def update_shipping_order(backend: Backend, call: Call) -> Fields:
    """POST logistics/update_shipping_order: another pickup after one that failed."""
    body = call.body
    order = _order(backend, call, required(body, "order_sn", str), optional(body, "package_number", str) or "")
    _check_pickup(call, required(body, "pickup", dict))
    if order.status != book.RETRY:
        raise _status("The order status does not support updating shipment.")
    order.status, order.package_status = book.PROCESSED, book.REQUESTED
    backend.book.touch(order, call.now)
    return flat()


def get_tracking_number(backend: Backend, call: Call) -> Fields:
    """GET logistics/get_tracking_number: empty, with a hint, until the carrier gave one."""
    order = _order(backend, call, call.text("order_sn"), call.text("package_number", ""))
    if order.tracking_number:
        return wrapped({"tracking_number": order.tracking_number, "first_mile_tracking_number": ""})
    hint = "Tracking number is being generated." if order.arranged else "Please arrange shipment first."
    return wrapped({"tracking_number": "", "hint": hint})


def get_tracking_info(backend: Backend, call: Call) -> Fields:
    """GET logistics/get_tracking_info, newest first [inf]."""
    order = _order(backend, call, call.text("order_sn"), call.text("package_number", ""))
    steps = [
        {"update_time": step.update_time, "description": step.description, "logistics_status": step.status}
        for step in reversed(order.steps)
    ]
    return wrapped(
        {
            "order_sn": order.order_sn,
            "package_number": order.package_number,
            "logistics_status": order.package_status,
            "tracking_info": steps,
        }
    )


def get_address_list(backend: Backend, call: Call) -> Fields:
    """GET logistics/get_address_list."""
    kinds = ["DEFAULT_ADDRESS", "PICKUP_ADDRESS", "RETURN_ADDRESS"]
    return wrapped(
        {"show_pickup_address": True, "address_list": [_address(call.shop) | {"address_type": kinds}]}, warning=""
    )


def get_channel_list(backend: Backend, call: Call) -> Fields:
    """GET logistics/get_channel_list: the one carrier."""
    channel = {
        "logistics_channel_id": facts.LOGISTICS_CHANNEL,
        "logistics_channel_name": facts.CARRIER,
        "cod_enabled": True,
        "enabled": True,
        "fee_type": "SIZE_INPUT",
        "size_list": [],
        "weight_limit": {"item_max_weight": 30, "item_min_weight": 0},
        "preferred": True,
        "force_enable": False,
        "mask_channel_id": 0,
    }
    return wrapped({"logistics_channel_list": [channel]}, warning="")


def create_shipping_document(backend: Backend, call: Call) -> Fields:
    """POST logistics/create_shipping_document: labels are ready some seconds later (push 15)."""
    results = []
    for order_sn, order in _asked(backend, call):
        row: Fields = {"order_sn": order_sn}
        if order is None:
            row |= {"fail_error": "logistics.order_not_exist", "fail_message": f"The order_sn {order_sn} is not exist."}
        elif not order.tracking_number:
            row |= {"fail_error": "logistics.tracking_number_invalid", "fail_message": "The tracking number is empty."}
        else:
            row["package_number"] = order.package_number
            if not order.document:
                order.document = "PROCESSING"
                backend.schedule(facts.DOCUMENT_DELAY, PRINT, order.order_sn)
        results.append(row)
    return _results(results)


def get_shipping_document_result(backend: Backend, call: Call) -> Fields:
    """POST logistics/get_shipping_document_result."""
    results = []
    for order_sn, order in _asked(backend, call):
        if order and order.document:
            row = {"order_sn": order_sn, "package_number": order.package_number, "status": order.document}
        else:
            row = {
                "order_sn": order_sn,
                "fail_error": "logistics.shipping_document_should_print_first",
                "fail_message": "The package can not print now, please create shipping document first.",
            }
        results.append(row)
    return _results(results)


def download_shipping_document(backend: Backend, call: Call) -> bytes:
    """POST logistics/download_shipping_document: a file, once every label of it is ready."""
    pages = []
    for order_sn, order in _asked(backend, call):
        if order is None:
            raise Refusal("logistics.order_not_exist", f"The order_sn {order_sn} is not exist.")
        if order.document != "READY":
            message = "The package can not print now, please create shipping document first."
            raise Refusal("logistics.shipping_document_should_print_first", message)
        numbers = (f"Order {order.order_sn}", f"Package {order.package_number}")
        pages.append(("Shopee", facts.CARRIER, order.tracking_number, *numbers))
    return label_pdf(pages)


def printed(backend: Backend, order_sn: str, _: int) -> None:
    """Mark a label as printed."""
    order = backend.book.orders[order_sn]
    order.document = "READY"
    data = {"ordersn": order_sn, "package_number": order.package_number, "status": "READY"}
    announce(backend, 15, order.shop, data, (order_sn,))


def _order(backend: Backend, call: Call, order_sn: str, package_number: str) -> Order:
    order = backend.order(call, order_sn)
    if package_number and package_number != order.package_number:
        raise Refusal("logistics.error_param", "The package_number does not belong to the order.")
    return order


def _arrange(backend: Backend, order: Order) -> None:
    if order.arranged:
        raise _status("The order has arranged shipment already.")
    try:
        backend.context.arrange_shipment(backend.sale(order))
    except InvalidState:
        raise _status("The order status does not support arranging shipment.") from None


def _ship_package(backend: Backend, call: Call, number: str) -> None:
    order = backend.book.package(call.shop, number)
    if order is None:
        raise Refusal("logistics.package_not_exist", "The package is not found.")
    if backend.context.hits("partial_batch"):
        raise Refusal("logistics.error_system_busy", "System busy, please try again later.")
    _arrange(backend, order)


def _check_method(call: Call, body: Fields) -> None:
    given = [name for name in _METHODS if optional(body, name, dict) is not None]
    if len(given) > 1:
        raise Refusal("logistics.ship_order_only_support_one_type", "Only one shipping method can be chosen.")
    if not given or given == ["non_integrated"]:
        raise Refusal("logistics.error_param", "Please choose pickup or dropoff for this logistics channel.")
    if given == ["pickup"]:
        _check_pickup(call, body["pickup"])


def _check_pickup(call: Call, pickup: Fields) -> None:
    if required(pickup, "address_id", int, "pickup.") != _address(call.shop)["address_id"]:
        raise Refusal("logistics.error_param", "The address_id is invalid.")
    if required(pickup, "pickup_time_id", str, "pickup.") not in _slots(call.now):
        raise Refusal("logistics.error_param", "The pickup_time_id is invalid.")


def _slots(now: int) -> list[str]:
    """Return the midnights of the coming days, in the shop's time zone."""
    today = (now + _HO_CHI_MINH) // 86_400 * 86_400 - _HO_CHI_MINH
    return [str(today + day * 86_400) for day in range(1, facts.PICKUP_DAYS + 1)]


def _address(shop: int) -> Fields:
    return {
        "address_id": shop % 100_000 + 200,
        "region": facts.REGION,
        "state": "TP. Hồ Chí Minh",
        "city": "Quận 1",
        "district": "Phường Bến Nghé",
        "town": "",
        "address": "1 đường Mẫu",
        "zipcode": "",
    }


def _asked(backend: Backend, call: Call) -> list[tuple[str, Order | None]]:
    numbers = [required(row, "order_sn", str, "order_list.") for row in rows(call.body, "order_list")]
    return [(order_sn, backend.book.order(call.shop, order_sn)) for order_sn in numbers]


def _results(results: list[Fields]) -> Fields:
    """Run row by row; the whole call fails only when every row does."""
    answer = wrapped({"result_list": results}, warning=[])
    if all("fail_error" in row for row in results):
        message = "Failed, please check result_list for more details."
        answer |= {"error": "common.batch_api_all_failed", "message": message}
    return answer


def _status(message: str) -> Refusal:
    return Refusal("logistics.error_status_limit", message)
