"""Labels of Lazada: the PDF where there is one, the page to print where there is none."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from integrations.connectors.lazada import labels
from integrations.connectors.lazada.client import PLATFORM
from integrations.contract.errors import TryLater
from integrations.contract.labels import Label, ParcelRef
from integrations.wire.files import fetch_file
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.lazada.still_world import Market, command

PAGE = "<html><p>LEX1</p></html>"
PARCEL = ParcelRef("1", "FP1", "LEX1")


def test_a_label_is_a_pdf_that_can_be_read(place: Market, account: Bound) -> None:
    order = place.buy((place.sold(), 1))
    account.perform(command("ship", order))
    [package] = place.record(order).packages.values()
    label = account.label(order.id, package.id)
    [page] = PdfReader(BytesIO(label.content)).pages
    assert page.extract_text().splitlines() == ["Lazada", "LEX VN", package.tracking, f"Package {package.id}"]


@pytest.mark.parametrize(
    "file", [ValueError("no address of a document"), (b"<iframe>", "text/html")], ids=["no address", "no PDF"]
)
def test_without_a_pdf_the_page_is_kept(file: Any, monkeypatch: pytest.MonkeyPatch, account: Bound) -> None:
    asked: list[str] = []

    def document(_access: Any, _package: str, kind: str) -> dict[str, str]:
        asked.append(kind)
        return {"file": b64encode(PAGE.encode()).decode(), "pdf_url": "https://example.com/1.pdf"}

    def fetched(*_args: Any) -> Any:
        if isinstance(file, Exception):
            raise file
        return file

    monkeypatch.setattr(labels, "_document", document)
    monkeypatch.setattr(labels, "fetch_file", fetched)
    assert labels.fetch_label(account.access, PARCEL) == Label(PAGE.encode(), "text/html; charset=utf-8", "FP1.html")
    assert asked == ["PDF", "HTML"]


@pytest.mark.parametrize("file", ["", "no base64!"])
def test_a_page_that_is_not_there_yet_is_waited_for(file: str, monkeypatch: pytest.MonkeyPatch, account: Bound) -> None:
    monkeypatch.setattr(labels, "_document", lambda *_args: {"file": file})
    with pytest.raises(TryLater):
        labels.fetch_label(account.access, PARCEL)


def test_the_address_of_a_pdf_lives_ten_minutes(place: Market, account: Bound) -> None:
    order = place.buy((place.sold(), 1))
    account.perform(command("ship", order))
    [package] = place.record(order).packages.values()
    address = labels._document(account.access, package.id, "PDF")["pdf_url"]
    assert fetch_file(PLATFORM, account.access.app, address)[1] == "application/pdf"
    place.backend.state.labels = {
        name: (found, until - 601) for name, (found, until) in place.backend.state.labels.items()
    }
    with pytest.raises(TryLater, match="403"):
        fetch_file(PLATFORM, account.access.app, address)
    assert account.label(order.id, package.id).content_type == "application/pdf", "each fetch asks for a new address"
