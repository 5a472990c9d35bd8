"""The npm package `tiktok-shop-sdk`, unchanged but for where its `fetch` goes, works against the simulated TikTok Shop.

Left out by name where Node.js or npm is missing, or where the package can be had neither from `node_modules` nor from the registry.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.platform import PLATFORM
from integrations.simulator.order import Order
from integrations.simulator.simulation import Simulation

HERE = Path(__file__).parent
PACKAGE = "tiktok-shop-sdk"
CHANNEL = "tiktok_shop"
NODE, NPM = shutil.which("node"), shutil.which("npm")
_NO_REGISTRY = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "ENOTCACHED")

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(
        NODE is None or NPM is None, reason=f"LEFT OUT: {PACKAGE} against the simulated TikTok Shop (no Node.js or npm)"
    ),
]


def pinned() -> str:
    """The version that the lock file names."""
    lock = json.loads((HERE / "package-lock.json").read_text())
    version: str = lock["packages"][f"node_modules/{PACKAGE}"]["version"]
    return version


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
    assert "//registry" not in (HERE / "package-lock.json").read_text()


@pytest.fixture(scope="module")
def sdk() -> Path:
    """The folder with the installed package."""
    described = HERE / "node_modules" / PACKAGE / "package.json"
    if described.exists() and json.loads(described.read_text())["version"] == pinned():
        return HERE
    assert NPM is not None
    done = subprocess.run(
        [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=20000"],
        cwd=HERE, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    if done.returncode and any(word in done.stderr for word in _NO_REGISTRY):
        pytest.skip(f"LEFT OUT: {PACKAGE} against the simulated TikTok Shop (the npm registry cannot be reached)")
    assert done.returncode == 0, done.stderr
    return HERE


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    found = Simulation({CHANNEL: PLATFORM}, products=60, seed="interop")
    found.start()
    yield found
    found.stop()


def to_ship(simulation: Simulation, shop: str, count: int) -> list[Order]:
    """So many orders that the shop may ship now, paid on delivery and thought over."""
    found: list[Order] = []
    with simulation.world.lock:
        live = list(simulation.world.book.shops[CHANNEL][shop].items.values())
        for item in live * 3:
            if len(found) == count:
                break
            sku = next((variation.sku for variation in item.variations if variation.stock > 5), None)
            order = simulation.world.day.order(CHANNEL, shop, [(sku, 1)]) if sku else None
            if order and order.status == "to_ship":
                found.append(order)
    assert len(found) == count
    requests.post(f"{simulation.url}/advance", json={"seconds": facts.HOLD + 1}, timeout=5).raise_for_status()
    return found


def test_the_public_sdk_does_a_days_work(sdk: Path, simulation: Simulation) -> None:
    account = requests.get(f"{simulation.url}/accounts", timeout=5).json()[CHANNEL]
    app, shop = account["app"], account["shops"][0]
    book = simulation.world.book
    items = book.shops[CHANNEL][shop["shop_id"]].items
    item = next(item for item in items.values() if not any(variation.held for variation in item.variations))
    orders = to_ship(simulation, shop["shop_id"], 3)
    with simulation.world.lock:
        orders[2].resumes = orders[2].status
        orders[2].status = "cancelling"
        simulation.world.platforms[CHANNEL].order_changed(orders[2], "asked_cancel")
    settings = {
        "base_url": account["base_url"],
        "app_key": app["app_key"],
        "app_secret": app["app_secret"],
        "shop_id": shop["shop_id"],
        "code": shop["code"],
        "orders": [order.id for order in orders],
        "product_id": item.id,
        "sku_id": item.variations[0].id,
    }
    assert NODE is not None
    done = subprocess.run(
        [NODE, "story.mjs"], cwd=sdk, input=json.dumps(settings), capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    error = "TikTokAPIError"
    assert seen == {
        "token": {"region": "VN", "epoch": True},
        "code_again": {"name": error, "code": 36004004},
        "rotated": True,
        "wrong_token": {"name": error, "code": 36009004},
        "shops": ["Nhà Mình Official", "Nhà Mình Sống Xanh"],
        "no_cipher": {"name": error, "code": 106013},
        "needless_cipher": {"name": error, "code": 36009004},
        "orders": [order.id for order in orders],
        "details": [[order.id, "AWAITING_SHIPMENT", 1] for order in orders],
        "price": str(orders[0].total + facts.FREIGHT),
        "products": list(items)[:5],
        "title": item.name,
        "stock": 3,
        "warehouses": ["SALES_WAREHOUSE", "RETURN_WAREHOUSE"],
        "slots": [False, True, True],
        "shipped_twice": {"name": error, "code": 21011002},
        "cancelled": "CANCELLATION_REQUEST_SUCCESS",
        "statements": [],
        "webhooks": ["https://hub.example.com/hook/"],
        "hosts": ["https://auth.tiktok-shops.com", "https://open-api.tiktokglobalshop.com"],
    }
    assert [order.status for order in orders] == ["packed", "cancelled", "cancelled"]
    assert (item.variations[0].stock, item.variations[0].price) == (3, 99_000)
