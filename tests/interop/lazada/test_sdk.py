"""The official Python client `lazop-sdk` 1.0.3, unchanged, works against the simulated Lazada.

It runs in a process of its own, in a home of its own: on import it makes a folder for its logs there. Left out by name where it
is not installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.connectors.lazada.still_world import market

HERE = Path(__file__).parent
PACKAGE, PINNED = "lazop-sdk", "1.0.3"


def installed() -> str:
    """The version that is here, "" for none."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""


@pytest.mark.skipif(
    installed() != PINNED, reason=f"LEFT OUT: {PACKAGE} {PINNED} against the simulated Lazada (not installed)"
)
def test_a_day_with_the_official_client(tmp_path: Path) -> None:
    with market() as place:
        sold = place.sold()
        orders = [place.buy((sold, 2)), place.buy()]
        account = place.account
        settings = {
            "base_url": account["base_url"],
            "app_key": account["app"]["app_key"],
            "app_secret": account["app"]["app_secret"],
            "code": account["shops"][0]["code"],
            "since": (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds"),
            "item_id": sold.item_id,
            "sku_id": sold.id,
        }
        done = subprocess.run(
            [sys.executable, str(HERE / "story.py")],
            input=json.dumps(settings),
            env={**os.environ, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        assert seen == {
            "seller": place.shops[0].id,
            "renewed": True,
            "name": place.shops[0].name,
            "orders": [order.id for order in orders],
            "units": [2, 1],
            "ready": "0",
            "stock": "0",
            "refused": [["ISP", "InvalidCode", True], ["ISP", "16", True], ["ISV", "IllegalAccessToken", True]],
        }
        assert (sold.stock, orders[0].status) == (7, "packed")
