"""Form of an account: says that it has a password, not how it is hashed, and which groups its person is in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import ReadOnlyPasswordHashWidget
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import Group, User
from django.forms import BooleanField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import UserChangeForm
from unfold.widgets import UnfoldBooleanSwitchWidget

from core.permissions import FINANCE, PRIVACY

# switch -> group
GROUPS = {"in_finance": FINANCE, "in_privacy": PRIVACY}


class PasswordState(ReadOnlyPasswordHashWidget):
    """Return whether there is a password, and nothing of its hash."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        state = _("A password is set") if value and is_password_usable(value) else _("No password is set")
        return super().get_context(name, value, attrs) | {"summary": [{"label": state}]}


class AccountForm(UserChangeForm):
    """Account with its password's state and a switch for each group."""

    in_finance = BooleanField(
        label=gettext_lazy("finance"), required=False, widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("May change commission rules and rate tables of a whole channel, in the channels of own shops."),
    )  # fmt: skip
    in_privacy = BooleanField(
        label=gettext_lazy("privacy"), required=False, widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("May erase a buyer for good, where the person manages all shops that know the buyer."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget = PasswordState()
        mine = set(self.instance.groups.values_list("name", flat=True)) if self.instance.pk else set()
        for switch, name in GROUPS.items():
            self.fields[switch].initial = name in mine


def put_in_group(user: User, name: str, is_in: bool) -> None:
    """Let a person into a group, or out of it. May be repeated."""
    group, _is_new = Group.objects.get_or_create(name=name)
    if is_in:
        user.groups.add(group)
    else:
        user.groups.remove(group)
