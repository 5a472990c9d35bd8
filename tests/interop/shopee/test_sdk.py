"""The npm package `@congminh1254/shopee-sdk`, unchanged, works against the simulated Shopee.

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

from integrations.connectors.shopee.simulator.platform import PLATFORM
from integrations.simulator.simulation import Simulation

HERE = Path(__file__).parent
PACKAGE = "@congminh1254/shopee-sdk"
NODE, NPM = shutil.which("node"), shutil.which("npm")
_NO_REGISTRY = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "ENOTCACHED")

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(
        NODE is None or NPM is None, reason=f"LEFT OUT: {PACKAGE} against the simulated Shopee (no Node.js or npm)"
    ),
]


def pinned() -> str:
    """The version that the lock file names."""
    lock = json.loads((HERE / "package-lock.json").read_text())
    version: str = lock["packages"][f"node_modules/{PACKAGE}"]["version"]
    return version


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    found = [name for name, package in lock["packages"].items() if "resolved" in package]
    assert found == []
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
        pytest.skip(f"LEFT OUT: {PACKAGE} against the simulated Shopee (the npm registry cannot be reached)")
    assert done.returncode == 0, done.stderr
    return HERE


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    found = Simulation({"shopee": PLATFORM}, products=60, seed="interop")
    found.start()
    yield found
    found.stop()


def to_ship(simulation: Simulation, shop: str, count: int) -> list[str]:
    """So many orders that the shop may ship now, paid on delivery."""
    found: list[str] = []
    with simulation.world.lock:
        live = [item for item in simulation.world.book.shops["shopee"][shop].items.values() if item.has_models]
        for item in live * 3:
            if len(found) == count:
                break
            sku = next((variation.sku for variation in item.variations if variation.stock > 5), None)
            if sku is None:
                continue
            order = simulation.world.day.order("shopee", shop, [(sku, 1)])
            if order.status == "to_ship":
                found.append(order.id)
    assert len(found) == count
    return found


def test_the_public_sdk_does_a_days_work(sdk: Path, simulation: Simulation) -> None:
    account = requests.get(f"{simulation.url}/accounts", timeout=5).json()["shopee"]
    app, shop = account["app"], account["shops"][0]
    orders = to_ship(simulation, str(shop["shop_id"]), 2)
    book = simulation.world.book
    items = book.shops["shopee"][str(shop["shop_id"])].items
    item = next(item for item in items.values() if item.has_models and not item.variations[0].held)
    settings = {
        "base_url": account["base_url"],
        "partner_id": app["partner_id"],
        "partner_key": app["partner_key"],
        "shop_id": shop["shop_id"],
        "code": shop["code"],
        "orders": orders,
        "item_id": int(item.id),
        "model_id": int(item.variations[0].id),
    }
    assert NODE is not None
    done = subprocess.run(
        [NODE, "story.mjs"],
        cwd=sdk,
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    placed = book.orders["shopee"]
    assert seen == {
        "token": {"expire_in": 14_400, "shop_id_list": [shop["shop_id"]]},
        "code_again": {"name": "ShopeeApiError", "status": 403, "error": "error_auth", "message": "Invalid code"},
        "refresh": {"shop_id": shop["shop_id"], "partner_id": app["partner_id"], "rotated": True},
        "refresh_again": {
            "name": "ShopeeApiError",
            "status": 403,
            "error": "error_auth",
            "message": "Invalid refresh_token.",
        },
        "shop": shop["name"],
        "renewed": True,
        "orders": sorted(placed),
        "more": False,
        "details": [
            {
                "order_sn": order_sn,
                "status": "READY_TO_SHIP",
                "items": [[int(line.item_id), int(line.variation_id), 1] for line in placed[order_sn].lines],
            }
            for order_sn in orders
        ],
        "unknown_order": {
            "name": "ShopeeApiError",
            "status": 404,
            "error": "error_not_found",
            "message": "Wrong parameters, detail: the order is not found.",
        },
        "items": [int(found) for found in list(items)[:5]],
        "total": len(items),
        "item_name": item.name,
        "models": [int(variation.id) for variation in item.variations],
        "stock": {
            "failure_list": [],
            "success_list": [{"model_id": settings["model_id"], "location_id": "VNZ", "stock": 3}],
        },
        "shipped_twice": {
            "name": "ShopeeApiError",
            "status": 200,
            "error": "logistics.error_status_limit",
            "message": "The order has arranged shipment already.",
        },
        "tracking": "",
        "cancelled": ["update_time"],
    }
    assert (placed[orders[0]].status, placed[orders[1]].status) == ("packed", "cancelled")
    assert item.variations[0].stock == 3
