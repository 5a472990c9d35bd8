"""A shop of each channel with statement files, and imports as a person makes them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from commissions.models import StatementFile
from integrations.statements.examining import Upload
from integrations.statements.importing import import_upload, upload
from inventory.models import Shop
from orders.models import Order

from .samples import NOW, content, read_sample

Import = Callable[..., list[StatementFile]]


@pytest.fixture
def shopee(db: None) -> Shop:
    return Shop.objects.create(name="Tiệm Mẫu Hoa Sen", channel="shopee")


@pytest.fixture
def tiktok(db: None) -> Shop:
    shop = Shop.objects.create(name="Hoa Sen TikTok", channel="tiktok_shop")
    know(shop, "tiktok_income_vi.xlsx")
    know(shop, "tiktok_income_vi_overlap.xlsx")
    return shop


@pytest.fixture
def lazada(db: None) -> Shop:
    shop = Shop.objects.create(name="Hoa Sen Lazada", channel="lazada")
    know(shop, "lazada_income_overview_vi.xlsx")
    return shop


def know(shop: Shop, name: str) -> None:
    """Let the hub know the first order that a sample names."""
    number = min(read_sample(name).order_numbers)
    Order.objects.create(shop=shop, number=number, placed_at=NOW, asked_at=NOW)


def uploaded(shop: Shop, *files: str | Upload, **how: Any) -> uuid.UUID:
    ready = [one if isinstance(one, Upload) else Upload(one, content(one)) for one in files]
    return upload(shop, ready, actor=None, **({"confirmed": False, "visible": [shop.pk]} | how))


def checked(shop: Shop, *files: str | Upload, **how: Any) -> list[StatementFile]:
    return list(StatementFile.objects.filter(upload=uploaded(shop, *files, **how)).order_by("pk"))


def imported(shop: Shop, *files: str | Upload, **how: Any) -> list[StatementFile]:
    """Upload, check and import files; their rows afterwards."""
    key = uploaded(shop, *files, **how)
    import_upload(key, actor=None, visible=[shop.pk])
    return list(StatementFile.objects.filter(upload=key).order_by("pk"))


def codes(reasons: list[dict[str, Any]]) -> list[str]:
    return [reason["code"] for reason in reasons]
