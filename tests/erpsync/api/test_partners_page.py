"""The examples of docs/partners.md, run one after the other as a reader would."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import httpx
import pytest

from core.feed import feed_position, number_events
from core.permissions import VERBS
from erpsync.api import urls
from erpsync.environment import BASE_DIR
from inventory.models import Listing
from tests.erpsync.admin.worlds import world
from tests.erpsync.api.conftest import Api, MakeKey

PAGE = (BASE_DIR / "docs" / "partners.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.django_db
def test_the_examples_do_what_they_say(
    api: Api, key_of: MakeKey, wsgi: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EVENTS_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    made = world("MARKET", channel="shopee")
    made.order.commands.all().delete()
    transport = httpx.WSGITransport(app=wsgi)
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=transport))
    spare = Listing.objects.get(item_id="MARKET-spare")
    names: dict[str, Any] = {
        "HUB": "http://testserver", "KEY": key_of(made).key, "LISTING": spare.pk, "PRODUCT": made.product.pk,
        "HOOK": "http://127.0.0.1:9/hook",
    }  # fmt: skip
    for example in EXAMPLES:
        number_events()  # as the relay would
        exec(example, names)  # noqa: S102
    assert [order["number"] for order in names["orders"]] == [made.order.number]
    assert names["state"] == "wanted"
    assert Listing.objects.get(pk=spare.pk).product == made.product
    assert names["sells"]["MARKET-spare"]["sku"] == "MARKET-SKU"
    assert names["position"] <= feed_position()
    assert names["position"] > 0
    assert names["secret"].startswith("whsec_")
    assert names["sent_again"] == 1


def test_the_page_names_what_there_is() -> None:
    paths = {f"/{name}" for name in urls.RESOURCES}
    named = {f"/{path}" for path in re.findall(r"`(?:GET|POST|PUT) /(?:api/v1/)?([a-z-]+)", PAGE)}
    assert named - {"/key", "/token", "/changes"} <= paths
    assert {"orders:read", "commands:write", "customers:read"} <= set(re.findall(r"[a-z]+:(?:read|write)", PAGE))
    assert "orders" in VERBS
    assert len(EXAMPLES) == 7
