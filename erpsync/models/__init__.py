"""What the hub keeps of itself: sign-ins and sessions of people, keys of partners and the answers that their writes got, requests of
buyers, backups, lists that were taken out as files, and alerts with those who are told of them."""

from erpsync.models.alerts import Alert, AlertMessage, ContactPoint
from erpsync.models.api import ApiKey, KeptAnswer
from erpsync.models.backups import Backup
from erpsync.models.data_requests import DataRequest
from erpsync.models.exports import Export, ExportPart
from erpsync.models.saved_filters import SavedFilter
from erpsync.models.second_factor import AuthenticatorApp, OpenSession, RecoveryCodes
from erpsync.models.sign_ins import SignIn

__all__ = [
    "Alert",
    "AlertMessage",
    "ApiKey",
    "AuthenticatorApp",
    "Backup",
    "ContactPoint",
    "DataRequest",
    "Export",
    "ExportPart",
    "KeptAnswer",
    "OpenSession",
    "RecoveryCodes",
    "SavedFilter",
    "SignIn",
]
