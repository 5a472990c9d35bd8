"""Payout terms of shops: a person's setting before the channel's row."""

from __future__ import annotations

from commissions.findings.terms import TERMS, Term
from commissions.models import PayoutTerm
from core.db import fetch


def term_of(shop_id: int) -> Term | None:
    """Return the term by which a shop's money is judged; None where nobody has set one and the channel's is not verified, or the
    shop is gone."""
    own = PayoutTerm.objects.filter(shop_id=shop_id).first()
    if own is not None:
        return Term(own.after, own.days, own.weekday, own.grace_days)
    found = fetch("SELECT channel FROM inventory_shop WHERE id = %s", shop_id)
    term = TERMS.get(found[0][0]) if found else None
    return term if term is not None and term.counts else None
