"""Tables of the hub itself: account settings, sign-ins, second factors and sessions, API keys and stored answers of writes, data
requests, backups, exports, arrangings of shipments, alerts, contact points and ended
guides of new shops."""

from erpsync.models.account_settings import AccountSettings
from erpsync.models.alerts import Alert, AlertMessage, ContactPoint
from erpsync.models.api import ApiKey, KeptAnswer
from erpsync.models.backups import Backup
from erpsync.models.data_requests import DataRequest
from erpsync.models.exports import Export, ExportPart
from erpsync.models.saved_filters import SavedFilter
from erpsync.models.second_factor import AuthenticatorApp, OpenSession, RecoveryCodes
from erpsync.models.ship_runs import ShipRun
from erpsync.models.shop_guides import EndedShopGuide
from erpsync.models.sign_ins import SignIn

__all__ = [
    "AccountSettings",
    "Alert",
    "AlertMessage",
    "ApiKey",
    "AuthenticatorApp",
    "Backup",
    "ContactPoint",
    "DataRequest",
    "EndedShopGuide",
    "Export",
    "ExportPart",
    "KeptAnswer",
    "OpenSession",
    "RecoveryCodes",
    "SavedFilter",
    "ShipRun",
    "SignIn",
]
