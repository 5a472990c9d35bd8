"""Alerts by SMS through Vietnamese gateways, without accents and in one part of 160 characters."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings as hub
from django.utils.translation import gettext_noop as _

from core.contacts import real_phone
from erpsync.alerts.messages import Text
from erpsync.alerts.places.base import HttpPlace, Outcome, Refused, Sent, TryLater, json_of, judged
from integrations.contract.declarations import Field

ONE_PART = 160
# eSMS: accepted; a request of this id was accepted before; and those which another try may pass
ESMS_ACCEPTED, ESMS_REPEATED, ESMS_LATER = "100", "124", ("",)
SPEEDSMS_LATER = ("500", "")
_PHONE = Field("phone", _("Telephone"), help_text=_("One mobile number, such as 0901234567."))


class Sms(HttpPlace):
    """Base of the gateways: one number, one part."""

    def problems(self, values: Mapping[str, str]) -> Mapping[str, str]:
        return {} if real_phone(values["phone"]) else {"phone": _("Enter a Vietnamese telephone number.")}


class Esms(Sms):
    key, title = "esms", "SMS (eSMS)"
    fields = (
        _PHONE,
        Field("api_key", _("API key"), secret=True),
        Field("secret_key", _("Secret key"), secret=True),
        Field(
            "brand", _("Brand name"), help_text=_("As registered with the gateway; its template must allow the text.")
        ),
    )

    def send(self, text: Text, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Outcome:
        body = {
            "ApiKey": secrets["api_key"], "SecretKey": secrets["secret_key"], "Phone": national(settings["phone"]),
            "Content": short(text), "Brandname": settings["brand"], "SmsType": "2", "IsUnicode": "0",
            # the gateway refuses a second message of one id: a lost answer costs no second SMS
            "RequestId": request_id(text, settings["phone"]),
        }  # fmt: skip
        answer = self.post(f"{hub.ALERT_URLS['esms']}/MainService.svc/json/SendMultipleMessage_V4_post_json/", body)
        if isinstance(answer, TryLater):
            return answer
        found = json_of(answer)
        code = str(found.get("CodeResult", ""))
        if answer.ok and code in (ESMS_ACCEPTED, ESMS_REPEATED):
            return Sent(str(found.get("SMSID", "")))
        return _refusal(answer, code, str(found.get("ErrorMessage", "")), later=ESMS_LATER)


class SpeedSms(Sms):
    key, title = "speedsms", "SMS (SpeedSMS)"
    fields = (
        _PHONE,
        Field("token", _("Access token"), secret=True),
        Field("sender", _("Brand name"), required=False, help_text=_("Empty: the gateway's own.")),
    )

    def send(self, text: Text, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Outcome:
        sender = settings.get("sender", "")
        body = {
            "to": [real_phone(settings["phone"]).removeprefix("+")], "content": short(text),
            "sms_type": 3 if sender else 4, "sender": sender,
        }  # fmt: skip
        credentials = b64encode(f"{secrets['token']}:x".encode()).decode()
        answer = self.post(
            f"{hub.ALERT_URLS['speedsms']}/index.php/sms/send", body, {"Authorization": f"Basic {credentials}"}
        )
        if isinstance(answer, TryLater):
            return answer
        found = json_of(answer)
        if answer.ok and found.get("status") == "success":
            return Sent(str((found.get("data") or {}).get("tranId", "")))
        return _refusal(answer, str(found.get("code", "")), str(found.get("message", "")), later=SPEEDSMS_LATER)


def _refusal(answer: requests.Response, code: str, message: str, *, later: tuple[str, ...]) -> Outcome:
    """Return the outcome of a refusal in the body of a 200; for other statuses their own."""
    if not answer.ok:
        return judged(answer)
    reason = f"{code} {message}".strip()
    return TryLater(reason or "no answer that can be read") if code in later else Refused(reason)


def short(text: Text) -> str:
    """Return title and sentence without accents, cut to one part."""
    plain = unicodedata.normalize("NFD", f"erpsync: {text.title}. {text.body}".replace("đ", "d").replace("Đ", "D"))
    return re.sub(r"[^\x20-\x7e]", "", plain)[:ONE_PART]


def national(phone: str) -> str:
    """Return a Vietnamese number as 0901234567."""
    return "0" + real_phone(phone).removeprefix("+84")


def request_id(text: Text, phone: str) -> str:
    """Return an id of this change for this telephone, the same with each try."""
    what = f"{text.key} {text.since.isoformat()} {text.resolved} {phone}"
    return f"erpsync-{hashlib.sha256(what.encode()).hexdigest()[:24]}"
