"""Invitations: an account without a password, its roles in shops, and the one-time link by which the person sets the password."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from core.permissions import RANK
from core.transactions import in_transaction
from inventory.models import Shop, ShopMembership
from inventory.services.shops import let_in


class InvitationTokens(PasswordResetTokenGenerator):
    """Tokens of invitations: signed, valid for `PASSWORD_RESET_TIMEOUT`, void once the password is set or the person signs in."""

    key_salt = "erpsync.signin.invitations"


tokens = InvitationTokens()


@dataclass(frozen=True, slots=True)
class Invitation:
    """Outcome of an invitation. `memberships`: those given or raised; `link`: "" for an account that gets none."""

    person: User
    is_new: bool
    memberships: Sequence[ShopMembership]
    link: str


def find_person(name: str) -> User | None:
    """Return the account of this user name or mail address, None for a new one. Raises ValidationError."""
    found = User.objects.filter(username__iexact=name).first()
    if found is None and "@" in name:
        by_mail = list(User.objects.filter(email__iexact=name)[:2])
        if len(by_mail) > 1:
            raise ValidationError(_("Several accounts have this address: type the user name."))
        found = by_mail[0] if by_mail else None
    if found is not None and not found.is_active:
        raise ValidationError(_("This account is switched off. A superuser can switch it on again."))
    return found


def check_new_name(name: str) -> None:
    """Refuse what cannot be the name of a new account. Raises ValidationError."""
    if "@" in name:
        validate_email(name)
    User._meta.get_field("username").run_validators(name)


@in_transaction
def invite(
    name: str, *, display_name: str, role: str, shops: Collection[Shop], managed: Collection[int] | None
) -> Invitation:
    """Make the account unless there is one, give it the role in these shops, and a link where it has no password yet.

    `managed`: the shops that the inviter manages, None for a superuser. A role is never lowered. May be repeated: a further link is
    valid beside the first, and both end with the first use. Raises ValidationError.
    """
    person = find_person(name)
    is_new = person is None
    if person is None:
        person, is_new = _made(name, display_name)
    may_link = is_new or may_have_link(person, managed)
    before = dict(ShopMembership.objects.filter(user=person).values_list("shop_id", "role"))
    given = [shop for shop in shops if RANK[role] > RANK.get(before.get(shop.pk, ""), 0)]
    for shop in given:
        let_in(shop, person.pk, role)
    memberships = list(ShopMembership.objects.filter(user=person, shop__in=given).select_related("user", "shop"))
    return Invitation(person, is_new, memberships, link_for(person) if may_link else "")


def may_have_link(person: User, managed: Collection[int] | None) -> bool:
    """Return whether the inviter may have a link that sets this account's password: it has none, and opens nothing beyond `managed`.

    Else a manager could invite a colleague of other shops, or of a group, and sign in as that person.
    """
    if person.has_usable_password():
        return False
    if managed is None:
        return True
    if person.is_superuser or person.last_login is not None or person.groups.exists():
        return False
    return not ShopMembership.objects.filter(user=person).exclude(shop_id__in=managed).exists()


def link_for(person: User) -> str:
    """Return the address at which this person sets the first password."""
    key = urlsafe_base64_encode(force_bytes(person.pk))
    return settings.PUBLIC_URL + reverse("invitation", args=(key, tokens.make_token(person)))


def _made(name: str, display_name: str) -> tuple[User, bool]:
    address = name.lower() if "@" in name else ""
    return User.objects.get_or_create(
        username=User.normalize_username(address or name),
        defaults={
            "email": address, "first_name": display_name, "is_staff": True, "password": make_password(None)
        },
    )  # fmt: skip
