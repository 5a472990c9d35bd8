"""Consent page of a seller: form A (open.shopee.com/auth, unsigned), form B (signed link), and their cancellation forms."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from integrations.connectors.shopee.simulator.gate import App, check_partner, check_sign
from integrations.connectors.shopee.simulator.request import Call, Refusal, is_whole, missing
from integrations.connectors.shopee.simulator.tokens import Tokens

FORM_A, FORM_A_CANCEL = "/auth", "/cancel_auth"
FORM_B, FORM_B_CANCEL = "/api/v2/shop/auth_partner", "/api/v2/shop/cancel_auth_partner"
PATHS = frozenset({FORM_A, FORM_A_CANCEL, FORM_B, FORM_B_CANCEL})

_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Shopee (simulated)</title>
<style>body{{font:16px sans-serif;max-width:32rem;margin:4rem auto}}button{{display:block;margin:.5rem 0;padding:.6rem 1rem}}</style>
<h1>{title}</h1><p>{partner}</p><form method="post" action="{action}">{buttons}</form></html>"""
_BUTTON = '<button name="seller" value="{value}">{label}</button>'
_TITLES = {False: "Cho phép ứng dụng kết nối cửa hàng?", True: "Hủy kết nối ứng dụng với cửa hàng?"}


@dataclass(frozen=True)
class Choice:
    """Seller's choice, and the address the browser returns to."""

    shops: tuple[int, ...]
    account: int
    cancels: bool
    address: str
    state: str | None

    def redirect(self, code: str) -> str:
        """Return the redirect address: with the code and its owner, or bare after a cancellation."""
        extra: dict[str, str] = {} if self.cancels else {"code": code, **self._owner()}
        if self.state is not None:
            extra["state"] = self.state
        parts = urlsplit(self.address)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *extra.items()])
        return urlunsplit(parts._replace(query=query))

    def _owner(self) -> dict[str, str]:
        return {"main_account_id": str(self.account)} if self.account else {"shop_id": str(self.shops[0])}


def check(app: App, call: Call) -> tuple[str, str | None]:
    """Check a consent link and return (return address, state). Refused: unknown partner, bad link, wrong or old signature."""
    if call.path in {FORM_B, FORM_B_CANCEL}:
        check_partner(app, call)
        check_sign(app, call)
        return _address(call, "redirect"), None
    if call.text("partner_id", "") != str(app.partner_id):
        raise Refusal("invalid_partner_id", "The partner_id is invalid, please have a check.")
    if call.path == FORM_A and (call.text("auth_type"), call.text("response_type")) != ("seller", "code"):
        raise Refusal("error_param", "auth_type must be seller and response_type must be code.")
    return _address(call, "redirect_uri"), call.text("state", "") or None


def page(app: App, shops: dict[int, str], call: Call, target: str) -> bytes:
    """Render the page: one button per shop, and one for the main account that holds them all."""
    check(app, call)
    choices = {str(shop): name for shop, name in shops.items()}
    choices["main"] = "Main account: " + ", ".join(shops.values())
    buttons = "".join(_BUTTON.format(value=value, label=escape(label)) for value, label in choices.items())
    title = _TITLES[call.path in {FORM_A_CANCEL, FORM_B_CANCEL}]
    return _PAGE.format(
        title=title, partner=f"partner_id {app.partner_id}", action=escape(target), buttons=buttons
    ).encode()


def choose(app: App, shops: dict[int, str], call: Call, form: bytes) -> Choice:
    """Parse the seller's choice."""
    address, state = check(app, call)
    seller = dict(parse_qsl(form.decode("utf-8", "replace"))).get("seller", "")
    cancels = call.path in {FORM_A_CANCEL, FORM_B_CANCEL}
    if seller == "main":
        return Choice(tuple(shops), app.main_account_id, cancels, address, state)
    if not is_whole(seller) or int(seller) not in shops:
        raise missing("seller")
    return Choice((int(seller),), 0, cancels, address, state)


def agree(tokens: Tokens, choice: Choice, *, moment: float, now: int) -> str:
    """Apply the seller's choice and return the address the browser goes to."""
    if choice.cancels:
        tokens.unlink(choice.shops)
        return choice.redirect("")
    tokens.link(choice.shops, moment=moment, now=now)
    return choice.redirect(tokens.new_code(choice.shops, moment=moment, account=choice.account))


def _address(call: Call, name: str) -> str:
    address = call.text(name)
    if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).netloc:
        raise Refusal("error_param", "The domain of redirect_uri is not consistent with the one registered.")
    return address
