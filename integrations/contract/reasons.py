"""The hub's reasons: one table of codes with their texts. A connector declares what its channel means in its own folder.

A text is stored by its code: reword it freely, never reuse a code for another meaning. What a reason is: core/reasons.py.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.reasons import Cause, Reason, Text, as_reason, declare, with_words

__all__ = ["Cause", "Reason", "Text", "as_reason", "declare", "explained", "with_words"]

# calls
BUSY_DATABASE = declare("database_busy", _("The database was busy or away. It is tried again by itself."))
CALLS_PAUSED = declare("calls_paused", _("The channel asked us to call less often."))
CHANNEL_DOWN = declare("channel_down", _("The channel is out of order; it is asked again soon."))
CALLS_USED_UP = declare("calls_used_up", _("The limit of calls is used up; they go on when it allows."))
NO_ANSWER = declare("no_answer_to_call", _("%(channel)s did not answer: %(call)s (%(kind)s)."))
NO_JSON = declare("no_json", _("%(channel)s answered %(call)s with something that is no JSON."))
LIST_MOVES = declare("list_moves", _("%(list)s changes faster than it can be read."))
ODD_ANSWER = declare("odd_answer", _("The channel's answer made no sense: %(error)s"))
NO_DOCUMENT = declare("no_document", _("The document could not be fetched (%(status)s)."))
NO_TOKENS = declare("no_tokens", _("%(channel)s answered without tokens."))
ODD_REQUEST = declare("odd_request", _("%(value)s is no %(name)s of %(channel)s."))
REFUSED = declare("refused", _("The channel refuses. Its own words follow."))

# tokens and consents
CONSENT_ENDS_SOON = declare(
    "consent_ends_soon", _("The seller's consent ends soon. Connect the shop again before it does.")
)
NO_REFRESH_TOKEN = declare(
    "no_refresh_token",
    _("The channel refused the access token, and there is no refresh token. Connect the shop again."),
)
RENEWAL_REFUSED = declare("renewal_refused", _("The channel refuses to renew the token. Connect the shop again."))
RENEWING = declare("renewing", _("The token is being renewed."))
OTHER_SHOP = declare("other_shop", _("The consent is that of another shop: %(shop)s."))
GIVES_NO_TOKENS = declare("gives_no_tokens", _("This channel gives no tokens."))

# inbox events
SHOP_NOT_CONNECTED = declare(
    "shop_not_connected", _("Shop %(shop)s is not connected here: connect it, then try this again.")
)
ITS_SHOP_NOT_CONNECTED = declare(
    "its_shop_not_connected", _("Its shop is not connected here: connect it, then try this again.")
)
NO_SHOP = declare("no_shop", _("It concerns no shop, and nothing is done about it."))
MOVED = declare("moved", _("Its shop is connected now: it continues there."))
MALFORMED = declare("malformed", _("The delivery was genuine but made no sense."))
CANNOT_BE_READ = declare("cannot_be_read", _("It came with its notice: the channel cannot be asked for it."))
NOT_HANDLED = declare("not_handled", _("The hub does nothing about news of this kind: %(kind)s."))
NOT_READ = declare("not_read", _("It could not be read: %(error)s"))
NOT_STORED = declare("not_stored", _("It could not be stored: %(error)s"))
ASKED_TOO_EARLY = declare("asked_too_early", _("It was read before our own write was answered; it is read again."))
UNREADABLE_ANSWER = declare("unreadable_answer", _("The channel's answer about it could not be understood."))
GONE = declare("gone", _("The channel no longer knows it."))
STALE = declare("stale", _("What is stored is as new as this answer, or newer."))
INCOMPLETE = declare("incomplete", _("The channel's answer names none of its lines; it is asked again."))
OWN_WRITE = declare("own_write", _("It tells what the hub itself wrote there: nothing new."))
OWN_WRITE_SETTLES = declare(
    "own_write_settles", _("It tells what the hub itself wrote there. It is read once more when that has settled.")
)
LISTED = declare("listed", _("A list showed it before its turn."))
NOT_MENTIONED = declare("not_mentioned", _("The channel's answer did not mention it."))
LEFT_ALONE = declare("left_alone", _("It is none of our business."))

# pushes
BELOW_LEAST = declare("below_least", _("%(channel)s shows no fewer than %(least)s: take the listing off sale there."))

# commands
NOT_NEEDED = declare("not_needed", _("The order no longer needs it."))
MADE_BY_HAND = declare("made_by_hand", _("Made at the POS by hand."))
KIND_NOT_TAKEN = declare("kind_not_taken", _("%(channel)s takes no command of this kind."))
GIVES_NO_LABELS = declare("gives_no_labels", _("%(channel)s gives no labels: print them there."))
NOT_MADE = declare("not_made", _("It could not be put together: %(error)s"))
MAY_STILL_RUN = declare("may_still_run", _("No trace of it yet: it may still be running there."))
NO_TRACE = declare("no_trace", _("No trace of it yet."))
NOT_CARRIED_OUT = declare("not_carried_out", _("The lost call was not carried out."))
CUSTOMER_KNOWN = declare("customer_known", _("The CRM has this customer already."))
NOTHING_TO_VOID = declare("nothing_to_void", _("There is no order document at the POS to void."))
NOTHING_HELD = declare("nothing_held", _("No units of this order are held at this branch any more."))
CUSTOMER_REFUSED = declare("customer_refused", _("The CRM refused its customer: see there first, then try again."))
ORDER_REFUSED = declare(
    "order_refused", _("Its order document was refused at the POS: see there first, then try again.")
)
NOT_IN_PRODUCT_BOOK = declare(
    "not_in_product_book", _("%(sku)s is not in the POS' product book: create it there, then try again.")
)
NO_WHOLE_UNITS = declare("no_whole_units", _("%(sku)s: %(units)s is no whole number of units."))
NO_LINES = declare("no_lines", _("A document without lines cannot be written."))
PICTURES_GONE = declare("pictures_gone", _("Its pictures were deleted meanwhile: answer anew, with the pictures."))
NEVER_SENT = declare("never_sent", _("A command that was never sent has no outcome."))


def explained(text: Text, cause: Cause) -> Reason:
    """Return a cause as it is if it has a text of its own; else our text, with the cause as the words beside it."""
    found = as_reason(cause)
    return found if found.code else text(found.words)
