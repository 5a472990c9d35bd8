"""HTTP clients for TikTok Shop: signed, with the shop's cipher where one is wanted, and judged by the error table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors.tiktok_shop.mapping import errors, fields
from integrations.connectors.tiktok_shop.signing import CallAuth
from integrations.contract.access import Access, AppAccess, TokenSource
from integrations.contract.declarations import Limit
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.calls import Call
from integrations.wire.http import ChannelClient, Platform
from integrations.wire.meanings import judged_by

CHANNEL, TITLE = "tiktok_shop", "TikTok Shop"
BASE_URL = "https://open-api.tiktokglobalshop.com"
AUTH_URL = "https://auth.tiktok-shops.com"
# One edition of the platform's page says 50 a second per endpoint and shop, the newer one names no number and advises 1 to
# 10; "too often" is obeyed besides
LIMITS = (Limit("calls", 10, 1, scope="endpoint"),)
SHOPS = "/authorization/202309/shops"
_JSON = {"Content-Type": "application/json"}

Params = Sequence[tuple[str, str]]


PLATFORM = Platform(CHANNEL, TITLE, BASE_URL, judged_by(errors.failure), LIMITS, frozenset({errors.TOO_OFTEN}))

# (host, app key, shop) -> cipher, which never changes: of a connection without one in its settings it is looked up once
_ciphers: dict[tuple[str, str, str], str] = {}


class ShopClient:
    """Client for the calls of one shop, each with the shop's cipher."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._client = token_client(access.app, access.tokens, shop_id=access.shop_id, lane=access.lane)

    def shop_row(self) -> Row:
        """Return the shop as the consent's list has it. Raises NotAuthorised when the consent does not cover it."""
        for row in shop_rows(self._client):
            if fields.text(row, "id") == self.access.shop_id:
                return row
        raise errors.ERRORS.error(errors.NOT_COVERED)

    def get(self, path: str, params: Params = (), *, endpoint: str = "") -> Row:
        """Read; may be repeated. Raises the three channel errors."""
        return self._send(Call("GET", path, self._of_shop(params), headers=_JSON, endpoint=endpoint))

    def search(self, path: str, body: Row, params: Params = ()) -> Row:
        """Read by POST; may be repeated."""
        return self._send(Call("POST", path, self._of_shop(params), json=body, repeatable=True))

    def write(
        self,
        path: str,
        body: Row,
        params: Params = (),
        *,
        method: str = "POST",
        endpoint: str = "",
        repeatable: bool = False,
    ) -> Row:
        """Write. TryLater.maybe_done when the outcome is unknown, unless the write is `repeatable`.

        An empty body is left out: public clients disagree on how it is signed.
        """
        params = self._of_shop(params)
        return self._send(Call(method, path, params, json=body or None, repeatable=repeatable, endpoint=endpoint))

    def upload(self, path: str, files: Mapping[str, tuple[str, bytes, str]]) -> Row:
        """Upload files, in a body that is not signed and without a shop; may be repeated."""
        return self._send(Call("POST", path, files=files, repeatable=True))

    def _of_shop(self, params: Params) -> list[tuple[str, str]]:
        return [*params, ("shop_cipher", self._cipher())]

    def _cipher(self) -> str:
        """Return what identifies the shop on the wire: from the connection's settings, else looked up."""
        app, shop_id = self.access.app, self.access.shop_id
        if kept := self.access.settings.get("shop_cipher", ""):
            return kept
        key = (self._client.base_url, app.key, shop_id)
        if not _ciphers.get(key):
            _ciphers[key] = fields.text(self.shop_row(), "cipher")
        return _ciphers[key]

    def _send(self, call: Call) -> Row:
        return answers.part(self._client.send(call), "data")


def shop_client(access: Access) -> ShopClient:
    """Return a client for the calls of one shop."""
    return ShopClient(access)


def token_client(app: AppAccess, tokens: TokenSource, *, shop_id: str = "", lane: str = "orders") -> ChannelClient:
    """Return a client whose calls carry a token."""
    key, secret = app.credentials.get("app_key", ""), app.credentials.get("app_secret", "")
    return ChannelClient(
        PLATFORM, app, sign=lambda token: CallAuth(key, secret, token), tokens=tokens, shop_id=shop_id, lane=lane
    )


def shop_rows(client: ChannelClient) -> list[Row]:
    """Return the shops that the token covers. The one call that wants no cipher."""
    return answers.rows(answers.part(client.send(Call("GET", SHOPS, headers=_JSON)), "data"), "shops")


def request_tokens(app: AppAccess, verb: str, params: Params) -> Row:
    """Make a token call, never repeated by itself. The secret travels in its query: only the path of its address is shown."""
    secrets = [(name, app.credentials.get(name, "")) for name in ("app_key", "app_secret")]
    client = ChannelClient(PLATFORM, app, base_url=AUTH_URL if PLATFORM.is_real(app) else app.base_url)
    call = Call("GET", f"/api/v2/token/{verb}", [*secrets, *params], repeatable=False)
    return answers.part(client.send(call), "data")
