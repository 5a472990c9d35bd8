"""Texts of Django whose Vietnamese is missing or not of the trade: named here so that our catalogue collects and translates them."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

WORDS = (
    # accounts
    _("staff status"), _("superuser status"), _("Designates whether the user can log into this admin site."),
    _("Designates that this user has all permissions without explicitly assigning them."),
    _("Designates whether this user should be treated as active. Unselect this instead of deleting accounts."),
    _("After you’ve created a user, you’ll be able to edit more user options."), _("Set password"), _("Set password: %s"),
    _("Reset password"), _("Raw passwords are not stored, so there is no way to see the user’s password."),
    _("Conflicting form data submitted. Please try again."), _("Forgotten your login credentials?"),
    _(
        "Enter a valid username. This value may contain only unaccented lowercase a-z and uppercase A-Z letters, numbers, and"
        " @/./+/-/_ characters."
    ),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    # pages
    _("This object doesn’t have a change history. It probably wasn’t added via this admin site."),
    _("Select this object for an action - {}"), _("Skip to main content"), _("Toggle navigation"), _("Breadcrumbs"),
    _("That page contains no results"), _("That page number is not an integer"), _("That page number is less than 1"),
    # what a form refuses
    _("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."), _("Null characters are not allowed."),
    _("Constraint “%(name)s” is violated."), _("“%(value)s” value must be either True or False."),
    _("“%(value)s” value has an invalid date format. It must be in YYYY-MM-DD format."),
    _("“%(value)s” value must be a decimal number."), _("“%(value)s” value must be an integer."), _("Enter a complete value."),
    _("Enter a valid JSON."), _("“%(pk)s” is not a valid value."),
    _(
        "ManagementForm data is missing or has been tampered with. Missing fields: %(field_names)s. You may need to file a bug report"
        " if the issue persists."
    ),
    _("%(datetime)s couldn’t be interpreted in time zone %(current_timezone)s; it may be ambiguous or it may not exist."),
)  # fmt: skip
