"""Form fields for links: which POS, CRM, ledger, carrier, ... a connection has, and which connections one without a shop serves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from erpsync import permissions
from integrations.accounts import links
from integrations.connectors import channels, connector_of
from integrations.contract.connector import Connector, Role
from integrations.models import SINGLE_ROLES, Connection, Link

# in the order of the form; a role without an entry cannot be chosen here
ROLES: Mapping[Role, tuple[Any, Any]] = {
    Role.POS: (_("POS"), _("Where this shop's orders are written. Empty: nowhere.")),
    Role.CRM: (_("CRM"), _("Where this shop's buyers and orders are written. Empty: nowhere.")),
    Role.LEDGER: (_("Ledger"), _("Where this shop's journal entries are written. Empty: nowhere.")),
    Role.PAYMENTS: (_("Payment accounts"), _("Where this shop's buyers pay.")),
    Role.CARRIER: (_("Carriers"), _("Who may carry this shop's parcels.")),
}
_IMPORTS_ITSELF = "pos_imports_itself"
# a POS takes orders and passes none on
_NOT_OF_A_POS = frozenset({Role.POS, Role.CRM})


def offered(request: HttpRequest, role: str) -> QuerySet[Connection]:
    """Return the connections that can play a role and that the user may write to: seeing one is not enough."""
    writable = permissions.connections(request, permissions.OPERATOR)
    return writable.filter(authorisation__app__channel__in=links.channels_with(role))


def roles_for(connection: Connection) -> list[Role]:
    """Return the roles for which a target can be chosen: those that some channel plays, for a connection with a shop."""
    if connection.shop is None:
        return []
    own = connector_of(connection.channel).roles if connection.channel in channels() else frozenset[Role]()
    unfit = own | _NOT_OF_A_POS if connection.shop.keeps_stock else own
    return [role for role in ROLES if role not in unfit and links.channels_with(role)]


def names_for(connection: Connection) -> list[str]:
    """Return the names of the fields that `link_fields` gives."""
    found = [str(role) for role in roles_for(connection)]
    if Role.POS in found:
        found.insert(found.index(Role.POS) + 1, _IMPORTS_ITSELF)
    return found


def link_fields(request: HttpRequest, connection: Connection) -> dict[str, forms.Field]:
    """Return the fields of a connection's own links, filled with the stored ones."""
    return {
        name: _imports_itself(connection) if name == _IMPORTS_ITSELF else _role_field(request, connection, Role(name))
        for name in names_for(connection)
    }


def check_links(form: forms.BaseForm, connection: Connection) -> None:
    """Report at its field when the POS cannot be taken away."""
    if Role.POS in form.fields and not form.cleaned_data.get(Role.POS):
        try:
            links.check_leaving_pos(connection)
        except forms.ValidationError as refused:
            form.add_error(Role.POS, refused)


def save_links(connection: Connection, cleaned: Mapping[str, Any]) -> None:
    """Store the chosen links of a checked form, in its transaction."""
    for role in roles_for(connection):
        if role not in cleaned:
            continue
        chosen = set(cleaned[role] or ()) if role not in SINGLE_ROLES else {cleaned[role]} - {None}
        for former in set(links.targets(connection, role)) - chosen:
            if not (chosen and role in SINGLE_ROLES):
                links.unlink(connection, role, former)
        for target in chosen:
            imports = role == Role.POS and cleaned.get(_IMPORTS_ITSELF)
            links.link(connection, role, target, {links.IMPORTS_ITSELF: True} if imports else {})


def new_link_fields(request: HttpRequest, connector: Connector) -> dict[str, forms.Field]:
    """Return the fields of an account that is being connected: its POS, or the connections it serves without a shop."""
    if not connector.has_shop:
        return {
            "serves": forms.ModelMultipleChoiceField(
                permissions.connections(request, permissions.MANAGER).filter(shop__isnull=False), label=_("Serves"),
                required=not request.user.is_superuser, widget=UnfoldAdminCheckboxSelectMultipleWidget,
                help_text=_("The shops that use this account. Their members see it; their managers change it together."),
            )
        }  # fmt: skip
    if connector.keeps_stock:
        return {}
    return {
        "pos": forms.ModelChoiceField(
            offered(request, Role.POS), label=_("POS"), required=False, empty_label=_("none"),
            widget=UnfoldAdminSelectWidget,
            help_text=_("Orders of this shop are written there, and its branches' stock is sold here."),
        ),
        _IMPORTS_ITSELF: _imports_itself(None),
    }  # fmt: skip


def chosen_links(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of `new_link_fields` as arguments of `connect_shop`."""
    return {
        "pos": cleaned.get("pos"),
        "pos_imports_itself": bool(cleaned.get(_IMPORTS_ITSELF)),
        "serves": list(cleaned.get("serves") or ()),
    }


def described(connection: Connection, visible: Collection[int]) -> list[str]:
    """Return a line per link of a connection, in either direction; of those it serves only the `visible` ones."""
    own = connection.links.select_related("target__shop")
    served = connection.serves.filter(connection__in=visible).select_related("connection__shop")
    return [
        *(f"{_title(link)}: {link.target}" for link in own),
        *(f"{_('Serves')}: {link.connection} ({_title(link)})" for link in served),
    ]


def _title(link: Link) -> str:
    return str(ROLES[Role(link.role)][0] if link.role in ROLES else link.role)


def _role_field(request: HttpRequest, connection: Connection, role: Role) -> forms.Field:
    label, help_text = ROLES[role]
    # the stored ones are offered to those who do not see them, too: else saving the form would drop them
    stored = links.targets(connection, role)
    queryset = Connection.objects.select_related("shop").filter(
        Q(pk__in=offered(request, role).values("pk")) | Q(pk__in=stored.values("pk"))
    )
    if role in SINGLE_ROLES:
        return forms.ModelChoiceField(
            queryset, label=label, required=False, empty_label=_("none"), widget=UnfoldAdminSelectWidget,
            initial=stored.first(), help_text=help_text,
        )  # fmt: skip
    return forms.ModelMultipleChoiceField(
        queryset, label=label, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, initial=list(stored),
        help_text=help_text,
    )  # fmt: skip


def _imports_itself(connection: Connection | None) -> forms.Field:
    stored = (
        connection and connection.links.filter(role=Role.POS, settings__contains={links.IMPORTS_ITSELF: True}).exists()
    )
    return forms.BooleanField(
        label=_("the POS imports this shop by itself"), required=False, widget=UnfoldBooleanSwitchWidget,
        initial=bool(stored), help_text=_("Then we never write its orders to the POS; every sale would count twice."),
    )  # fmt: skip
