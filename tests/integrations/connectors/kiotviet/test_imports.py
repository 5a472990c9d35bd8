"""Documents that KiotViet imports of marketplaces: their codes name the shop's order, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connectors import channels
from integrations.connectors.kiotviet.mapping import documents, imports

AT = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


def row(code: str) -> dict[str, Any]:
    return {"id": 9001, "code": code, "status": 1, "purchaseDate": "2026-11-29T09:00:00", "total": 198000}


@pytest.mark.parametrize(
    ("code", "channel", "number"),
    [
        ("DHSPE_2611290001ABCD", "shopee", "2611290001ABCD"),
        ("HDSPE_2611290001ABCD", "shopee", "2611290001ABCD"),
        ("DHLZD_288480920119609", "lazada", "288480920119609"),
        ("HDLZD_288480920119609.1", "lazada", "288480920119609"),
        ("DHTTS_576900000000000001", "tiktok_shop", "576900000000000001"),
        ("HDTTS_576900000000000001.12", "tiktok_shop", "576900000000000001"),
        ("DHTIKI_856950637-1", "tiki", "856950637-1"),
        ("HDTIKI_856950637", "tiki", "856950637"),
        ("DHSDO_30123456789", "sendo", "30123456789"),
        ("HDSDO_30123456789.2", "sendo", "30123456789"),
        ("HDSDO\u200b_30123456789", "sendo", "30123456789"),
    ],
)
def test_the_code_of_an_import_names_its_order(code: str, channel: str, number: str) -> None:
    document = documents.pos_document("pos_order", row(code), AT)
    assert document is not None
    assert (document.order_channel, document.order_number) == (channel, number)


def test_every_mark_is_of_a_channel_of_ours() -> None:
    assert set(imports.MARKS.values()) <= set(channels())


@pytest.mark.parametrize("code", ["DH000123", "HD000123.1", "HDD_TEMP", "DHSPE", "DHSPE_", "DH_1"])
def test_a_sale_of_the_till_is_no_import(code: str) -> None:
    assert documents.pos_document("pos_order", row(code), AT) is None


@pytest.mark.parametrize("code", ["DHFBS_123", "HDAMZ_9.1", "DHSPEX_1"])
def test_a_mark_that_is_not_known_is_flagged_and_not_guessed(code: str) -> None:
    assert documents.pos_document("pos_order", row(code), AT) is None
    assert "unknown_import" in documents.order(row(code), AT).problems


def test_an_ordinary_sale_is_not_flagged() -> None:
    assert "unknown_import" not in documents.order(row("DH000123"), AT).problems
