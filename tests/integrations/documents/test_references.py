"""References are unique, short, and safe in the text of a document."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from integrations.documents.references import LONGEST, reference_for


def test_what_fits_stays_as_it_is() -> None:
    assert reference_for(13, "261120SHP0001", "order1", 31) == "13-261120SHP0001-order1-31"


def test_what_is_cut_or_replaced_is_told_apart_by_its_hash() -> None:
    long = [reference_for(13, "N" * 90, kind) for kind in ("ship-1", "ship-2")]
    assert [(len(reference), reference[:69]) for reference in long] == [(LONGEST, f"13-{'N' * 66}")] * 2
    assert long[0] != long[1]
    assert reference_for(1, "A B").startswith("1-A_B-")
    assert reference_for(1, "A B") != reference_for(1, "A_B")


@given(st.text(), st.text())
def test_any_two_are_safe_and_differ(one: str, other: str) -> None:
    references = [reference_for(7, number, "order1") for number in (one, other)]
    assert all(len(reference) <= LONGEST and not set(reference) & set(" []()") for reference in references)
    assert (references[0] == references[1]) == (one == other)
