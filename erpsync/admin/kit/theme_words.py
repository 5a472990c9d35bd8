"""Texts of the theme, which brings no Vietnamese: named here so that our catalogue collects and translates them."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

WORDS = (
    _("Add another %(model)s"), _("Add new item"), _("Add row"), _("All applications"), _("Apply Filters"),
    _("By %(filter_title)s"), _(" By %(filter_title)s "), _("Dark"), _("Light"), _("System"), _("Date"), _("Date from"),
    _("Date to"), _("Expand row"), _("Filters"), _("Filter navigation items"), _("General"), _("Go back"), _("Hide counts"),
    _("Show counts"), _("Loading more results..."), _("Models in the %(name)s application"), _("More actions"), _("Next"),
    _("Previous"), _("No data"), _("No recent searches"), _("No results found"), _("No results matching your query"),
    _("Not enough data."), _("Recent searches"), _("Return to site"), _("Run"), _("Search apps and models..."),
    _("Select action"), _("Select action to run"), _("Select all objects on this page for an action"), _("Select all rows"),
    _("Select record"), _("Select value"), _("Submit"), _("This item will be deleted."), _("Toggle password visibility"),
    _("Type to search"), _("Value"), _("From"), _("To"), _("True"), _("False"), _("Record picture"), _("Cancel"), _("Code"),
    _("You have been successfully logged out from the administration"), _("Sorting priority: %(priority_number)s"),
    _("Click to cancel"), _("Welcome back to"), _("Click to download"), _("Choose file to upload"), _("%(full_result_count)s total"),
    _("View selected %(model)s"),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password using "
        '<a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
    _("After you've created a user, you’ll be able to edit more user options."),
    _("Enter a new password for the user <strong>%(username)s</strong>."),
    ngettext_lazy("%(counter)s result", "%(counter)s results"), ngettext_lazy("entry", "entries"),
    ngettext_lazy("Please correct the error below.", "Please correct the errors below."),
)  # fmt: skip
