"""Pieces of SQL that build the JSON of events: the database makes the payload of a batch in one statement."""

from __future__ import annotations


def utc_sql(moment: str) -> str:
    """Return a time, by its SQL expression, as RFC 3339 text in UTC; null for none."""
    return f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def money_sql(amount: str, currency: str) -> str:
    """Return an amount in a currency, both SQL expressions, as `Money`; null for none."""
    return f"CASE WHEN {amount} IS NOT NULL THEN jsonb_build_object('amount', trim_scale({amount})::text, 'currency', {currency}) END"
