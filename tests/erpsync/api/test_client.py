"""A Python client generated from the schema, as a partner would make one, used against the API."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from erpsync.environment import BASE_DIR
from inventory.models import Listing
from tests.erpsync.admin.worlds import World, order
from tests.erpsync.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NAME = "generated_erpsync_client"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("client")
    config = folder / "config.yaml"
    config.write_text("post_hooks: []\n")
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning",
        "--path", str(BASE_DIR / "docs" / "openapi.yaml"), "--output-path", str(folder / NAME), "--config", str(config),
    ]  # fmt: skip
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"{NAME}.{name}")
    sys.path.remove(str(folder))


def test_a_generated_client_lists_pages_and_writes(own: World, api: Api, generated: Any, wsgi: Any) -> None:
    orders = [own.order, *(order(own) for _ in range(2))]
    transport = httpx.WSGITransport(app=wsgi)
    client = generated("client").AuthenticatedClient(
        base_url="http://testserver", token=api.key, httpx_args={"transport": transport}
    )
    listed, cursor = [], None
    while True:
        page = generated("api.orders.orders_list").sync(
            client=client, limit=2, expand=[generated("models.orders_list_expand_item").OrdersListExpandItem.LINES],
            **({"cursor": cursor} if cursor else {}),
        )  # fmt: skip
        listed += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert [row.number for row in listed] == [row.number for row in reversed(orders)]
    assert {line.sku for row in listed for line in row.lines} == {"OWNSHOP-SKU"}

    body = generated("models.listing_mapping_bulk_body").ListingMappingBulkBody.from_dict(
        {"rows": [{"listing": own.listing.pk, "product": None}]}
    )
    mapped = generated("api.listings.listings_map_bulk").sync(client=client, body=body, idempotency_key="once")
    assert (mapped.done, mapped.refused) == (1, 0)
    assert Listing.objects.get(pk=own.listing.pk).product is None

    missing = generated("api.orders.orders_retrieve").sync(id=own.order.pk + 10_000, client=client)
    assert (missing.status, missing.code) == (404, "not_found")
