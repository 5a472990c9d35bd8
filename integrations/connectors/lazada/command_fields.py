"""Options of a command that a person may choose, with the reasons that Lazada takes now."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.connectors.lazada import cancellations, returns
from integrations.connectors.lazada.terms import TERMS
from integrations.contract.access import Access
from integrations.contract.declarations import Field
from integrations.contract.writes import WriteRequest
from integrations.wire.choices import in_our_words, reason_fields


def cancel_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the reasons for this order; those that empty the stock say so."""
    emptying = _("%(reason)s (Lazada also sets the stock to 0)")
    return reason_fields(
        [
            (number, emptying % {"reason": label} if number in cancellations.EMPTYING else label)
            for number, words in cancellations.reasons(access, command)
            for label in (in_our_words(TERMS, words),)
        ]
    )


def reject_cancellation_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return a field for the reason's number: Lazada lists none to choose from."""
    known = _("Lazada's number of the reason, if you know one.")
    return (Field("reason", _("Reason"), required=False, help_text=known),)


def reject_return_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return reason, comment and pictures of a refusal."""
    reasons, pictured = returns.refusal(access, command)
    images = _("Addresses of pictures that show it, one per line. Lazada must be able to open them.")
    return (
        *reason_fields([(number, in_our_words(TERMS, words)) for number, words in reasons]),
        Field("text", _("In your words")),
        Field("images", _("Pictures"), required=pictured, several=True, help_text=images),
    )
