"""Inputs for numbers: no form of the admin has one that reads "1.000" as 1."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.utils import translation

from erpsync.admin.kit.amounts import AmountInput, MoneyField, WholeNumberField
from inventory.models import Listing, Shop
from tests.erpsync.admin.worlds import managed, world


def fields_of(page: Any, rf: RequestFactory) -> dict[str, forms.Field]:
    """The form fields of the page of a row that may be changed."""
    request = rf.get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    row = page.model._default_manager.first()
    if not page.has_change_permission(request, row):
        return {}
    return dict(page.get_form(request, row, change=True).base_fields)


@pytest.mark.django_db
def test_every_number_in_every_form_reads_groups(rf: RequestFactory) -> None:
    world("W", channel="shopee")
    numbers = {
        (page.model, name): field
        for page in map(admin.site.get_model_admin, managed())
        for name, field in fields_of(page, rf).items()
        if isinstance(field, (forms.IntegerField, forms.DecimalField)) or isinstance(field.widget, forms.NumberInput)
    }
    assert {(Listing, "wanted_price"), (Listing, "units"), (Shop, "safety_stock"), (Shop, "priority")} <= set(numbers)
    for place, field in numbers.items():
        assert isinstance(field, (MoneyField, WholeNumberField)), place
        assert isinstance(field.widget, AmountInput), place


@pytest.mark.parametrize(("language", "text"), [("en", "1,234"), ("vi", "1.234")])
def test_a_stored_number_is_shown_grouped_and_read_back(language: str, text: str) -> None:
    with translation.override(language):
        field = WholeNumberField(min_value=0)
        assert field.widget.format_value(1234) == text
        assert field.clean(text) == 1234
        assert not field.has_changed(1234, text)


def test_a_whole_number_with_decimals_is_refused() -> None:
    with pytest.raises(forms.ValidationError, match=r"A whole number: type 1 or 1,500\."):
        WholeNumberField().clean("1.5")
