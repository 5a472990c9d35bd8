"""Table of the kinds of contact points."""

from __future__ import annotations

from collections.abc import Mapping

from erpsync.alerts.places.base import Place
from erpsync.alerts.places.mail import Mail
from erpsync.alerts.places.pagerduty import PagerDuty
from erpsync.alerts.places.slack import Slack
from erpsync.alerts.places.sms import Esms, SpeedSms
from erpsync.alerts.places.telegram import Telegram

PLACES: Mapping[str, Place] = {
    place.key: place for place in (Mail(), Slack(), Telegram(), PagerDuty(), Esms(), SpeedSms())
}
