"""Calls about the shop itself and the app's push subscription."""

from __future__ import annotations

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.delivery import probe
from integrations.connectors.shopee.simulator.push import Lost
from integrations.connectors.shopee.simulator.request import (
    Call,
    Fields,
    Refusal,
    optional,
    out_of_range,
    required,
)
from integrations.connectors.shopee.simulator.wire import flat, wrapped


def get_shop_info(backend: Backend, call: Call) -> Fields:
    """GET shop/get_shop_info: everything at the top level."""
    link = backend.tokens.links[call.shop]
    return flat(
        auth_time=link.auth_time,
        expire_time=link.expire_time,
        shop_name=backend.shop(call).name,
        region=facts.REGION,
        status="NORMAL",
        shop_fulfillment_flag="Others",
        is_cb=False,
        is_upgraded_cbsc=False,
        merchant_id=None,
        is_sip=False,
        sip_affi_shops=[],
        is_main_shop=False,
        is_direct_shop=False,
        linked_direct_shop_list=[],
        linked_main_shop_id=0,
    )


def get_warehouse_detail(backend: Backend, call: Call) -> Fields:
    """GET shop/get_warehouse_detail: our shops have no multi-warehouse."""
    raise Refusal("warehouse.error_not_in_whitelist", "The shop is not in the multi-warehouse whitelist.")


def get_push_config(backend: Backend, call: Call) -> Fields:
    """GET push/get_app_push_config."""
    pushes = backend.pushes
    return wrapped(
        {
            "callback_url": pushes.callback_url,
            "live_push_status": pushes.status,
            "suspended_time": pushes.suspended_time,
            "blocked_shop_id": pushes.blocked,
            "push_config_on_list": sorted(pushes.on),
            "push_config_off_list": sorted(set(facts.PUSH_CODES) - pushes.on),
        }
    )


def set_push_config(backend: Backend, call: Call) -> Fields:
    """POST push/set_app_push_config. A new address is probed, and the old one comes back when that fails."""
    pushes, body = backend.pushes, call.body
    on, off = _codes(body, "set_push_config_on"), _codes(body, "set_push_config_off")
    blocked = _numbers(body, "blocked_shop_id_list")
    if blocked is not None and len(blocked) > facts.BLOCKED_MAX:
        raise out_of_range("blocked_shop_id_list")
    url = optional(body, "callback_url", str)
    if url is not None and not url.startswith(("http://", "https://")):
        raise out_of_range("callback_url")
    pushes.on = (pushes.on | on) - off
    if blocked is not None:
        pushes.blocked = blocked
    if url is not None:
        before = pushes.callback_url
        pushes.reset(url)
        probe(backend, undo=before)
    return wrapped({"result": "success"})


def get_lost_push_message(backend: Backend, call: Call) -> Fields:
    """GET push/get_lost_push_message: the oldest hundred that were not confirmed, of three days."""
    page, more = backend.pushes.lost_page(call.moment)
    return wrapped(
        {
            "push_message_list": [_lost(lost) for lost in page],
            "has_next_page": more,
            "last_message_id": page[-1].number if page else 0,
        },
        warning="",
    )


def confirm_lost_push_message(backend: Backend, call: Call) -> Fields:
    """POST push/confirm_consumed_lost_push_message: a watermark, so it may be repeated."""
    backend.pushes.confirm(required(call.body, "last_message_id", int))
    return flat()


def _lost(lost: Lost) -> Fields:
    push = lost.push
    shop = {"shop_id": push.shop} if push.shop else {}
    return {**shop, "code": push.code, "timestamp": push.timestamp, "data": push.body.decode()}


def _numbers(body: Fields, name: str) -> list[int] | None:
    found: list[int] | None = optional(body, name, list)
    if found is not None and not all(type(entry) is int for entry in found):
        raise out_of_range(name)
    return found


def _codes(body: Fields, name: str) -> set[int]:
    found = set(_numbers(body, name) or ())
    if not found <= facts.PUSH_CODES_KNOWN:
        raise out_of_range(name)
    return found
