"""Opening signed deliveries: nothing is read before a signature has fitted, and malformed content says what is wrong."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import urlencode

import pytest

from integrations.connectors.shopee import signing
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery, Notice, OpenDelivery, Refused, Unreadable
from integrations.wire.answers import Row
from integrations.wire.deliveries import (
    SignedDeliveries,
    from_credentials,
    in_header,
    in_query,
    query_object,
)
from integrations.wire.fields import first_id

BODY = b'{"order_sn": "A1", "amount": 10.50}'


def digest(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    yield Notice("order", first_id(message, "order_sn", "order"))


# the address is signed along, and one of two keys may have signed
ADDRESSED = SignedDeliveries(
    signature=in_header("authorization"),
    keys=from_credentials("push_key", "partner_key"),
    sign=lambda key, app, delivery: digest(key, app.callback_url.encode() + b"|" + delivery.body),
    read=read,
)


def text_or_base64(app: AppAccess) -> Iterable[bytes]:
    secret = app.credentials.get("secret", "")
    yield secret.encode()
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(secret, validate=True)


PREFIXED = SignedDeliveries(
    signature=in_header("x-hub-signature", prefixes=("sha1=", "sha256=")),
    keys=text_or_base64,
    sign=lambda key, app, delivery: digest(key, delivery.body),
    read=read,
)


def sign_query(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    signed = sorted((name, value) for name, value in delivery.query if name != "hash")
    return digest(key, urlencode(signed).encode())


QUERIED = SignedDeliveries(
    signature=in_query("hash"), keys=from_credentials("secret"), sign=sign_query, parse=query_object, read=read
)
CASED = SignedDeliveries(
    signature=in_header("sign", is_hex=False),
    keys=from_credentials("secret"),
    sign=lambda key, app, delivery: base64.b64encode(hmac.digest(key, delivery.body, "sha256")).decode(),
    read=read,
)


def app(**credentials: str) -> AppAccess:
    return AppAccess("k", credentials, callback_url="https://hub/webhooks/x/")


def opened(how: OpenDelivery, access: AppAccess, delivery: Delivery) -> list[str]:
    return [notice.external_id for notice in how(access, delivery)]


BOTH = app(push_key="new", partner_key="old")


def test_the_declaration_of_a_platform_takes_what_its_own_signing_makes() -> None:
    signature = signing.push_signature("new", "https://hub/webhooks/x/", BODY)
    assert opened(ADDRESSED, BOTH, Delivery(BODY, {signing.HEADER: signature})) == ["A1"]


@pytest.mark.parametrize("key", [b"new", b"old"])
def test_each_of_several_keys_may_have_signed(key: bytes) -> None:
    signature = digest(key, b"https://hub/webhooks/x/|" + BODY)
    for sent in (signature, signature.upper(), f" {signature} "):
        assert opened(ADDRESSED, BOTH, Delivery(BODY, {"authorization": sent})) == ["A1"]


@pytest.mark.parametrize(
    ("access", "headers", "reason"),
    [
        (BOTH, {}, "missing_signature"),
        (BOTH, {"authorization": "  "}, "missing_signature"),
        (BOTH, {"authorization": "0" * 64}, "bad_signature"),
        (BOTH, {"authorization": "ünïcode\ud800"}, "bad_signature"),
        (BOTH, {"authorization": digest(b"new", BODY)}, "bad_signature"),
        (BOTH, {"authorization": digest(b"other", b"https://hub/webhooks/x/|" + BODY)}, "bad_signature"),
        (app(), {"authorization": digest(b"", b"https://hub/webhooks/x/|" + BODY)}, "bad_signature"),
    ],
    ids=["missing", "blank", "zeros", "not ASCII", "without the address", "another key", "empty key"],
)
def test_what_is_not_signed_is_refused_before_it_is_read(
    access: AppAccess, headers: dict[str, str], reason: str
) -> None:
    def never(*_: object) -> Iterator[Notice]:
        raise AssertionError("it was read")

    how = SignedDeliveries(signature=ADDRESSED.signature, keys=ADDRESSED.keys, sign=ADDRESSED.sign, read=never)
    for body in (BODY, b"not json"):
        with pytest.raises(Refused) as refused:
            how(access, Delivery(body, headers))
        assert refused.value.reason == reason


def test_the_raw_bytes_are_signed() -> None:
    signature = digest(b"new", b"https://hub/webhooks/x/|" + BODY)
    again = json.dumps(json.loads(BODY), indent=1).encode()
    with pytest.raises(Refused, match="bad_signature"):
        ADDRESSED(BOTH, Delivery(again, {"authorization": signature}))


@pytest.mark.parametrize("prefix", ["sha1=", "sha256=", "SHA1=", ""])
@pytest.mark.parametrize("key", [b"c2VjcmV0", b"secret"], ids=["as text", "decoded"])
def test_a_header_may_have_a_prefix_and_a_key_two_readings(prefix: str, key: bytes) -> None:
    delivery = Delivery(BODY, {"x-hub-signature": prefix + digest(key, BODY)})
    assert opened(PREFIXED, app(secret="c2VjcmV0"), delivery) == ["A1"]


@pytest.mark.parametrize("header", ["sha1=", "sha256=sha1=", "md5=0"])
def test_a_prefix_alone_is_a_bad_signature(header: str) -> None:
    with pytest.raises(Refused, match="bad_signature"):
        PREFIXED(app(secret="s"), Delivery(BODY, {"x-hub-signature": header}))


def test_a_query_may_be_what_is_signed_and_read() -> None:
    query = (("order", "A 1"), ("amount", "10"))
    signature = digest(b"s", b"amount=10&order=A+1")
    assert opened(QUERIED, app(secret="s"), Delivery(b"", {}, query=(*query, ("hash", signature)))) == ["A 1"]
    with pytest.raises(Refused, match="bad_signature"):
        QUERIED(app(secret="s"), Delivery(b"", {}, query=(("order", "A 2"), ("hash", signature))))


def test_letter_case_counts_in_base64() -> None:
    signature = base64.b64encode(hmac.digest(b"s", BODY, "sha256")).decode()
    assert opened(CASED, app(secret="s"), Delivery(BODY, {"sign": signature})) == ["A1"]
    with pytest.raises(Refused, match="bad_signature"):
        CASED(app(secret="s"), Delivery(BODY, {"sign": signature.swapcase()}))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[" * 100_000, "no JSON: nested too deeply"),
        (b"[]", "no JSON object"),
        (b"{}", "no order_sn"),
        (b'{"order_sn": 0}', "no order_sn"),
    ],
    ids=["empty", "deep", "a list", "no id", "0 is no id"],
)
def test_signed_and_malformed_content_says_what_is_wrong(body: bytes, reason: str) -> None:
    signature = digest(b"new", b"https://hub/webhooks/x/|" + body)
    with pytest.raises(Unreadable) as unreadable:
        ADDRESSED(BOTH, Delivery(body, {"authorization": signature}))
    assert unreadable.value.reason == reason


def test_what_the_reader_did_not_expect_is_not_hidden() -> None:
    def stumbles(*_: object) -> Iterator[Notice]:
        raise KeyError("x")

    how = SignedDeliveries(signature=CASED.signature, keys=CASED.keys, sign=lambda *_: "same", read=stumbles)
    with pytest.raises(KeyError):
        how(app(secret="s"), Delivery(BODY, {"sign": "same"}))
