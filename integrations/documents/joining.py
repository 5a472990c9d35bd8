"""Joining two products that are the same, on a person's word, and undoing it: stock, listings, order lines and documents."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from core.db import execute, fetch
from core.transactions import in_transaction
from integrations.accounts.connections import NotPossible
from inventory.models import ProductPair
from inventory.services import joining, pairs
from orders.services.products import lock_lines, rename_product, was_sold_since

JOINED = ProductPair.Decision.JOINED
# so many lines are remembered; a join of more cannot be undone
MOST_LINES = 20_000

# what documents say is held, by product: else each order of it would seem to have changed
_DOCUMENTS = """
WITH chosen AS (
    SELECT id FROM integrations_command WHERE order_id = ANY(%(orders)s) AND jsonb_exists(options -> 'units', %(old)s::text)
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE integrations_command c SET options = jsonb_set(options, '{units}',
    ((options -> 'units') - %(old)s::text) || jsonb_build_object(%(new)s::text,
        (coalesce((options -> 'units' ->> %(new)s::text)::numeric, 0) + (options -> 'units' ->> %(old)s::text)::numeric)::text))
FROM chosen WHERE c.id = chosen.id
"""
_SAYS_BOTH = """
SELECT EXISTS (SELECT FROM integrations_command WHERE order_id = ANY(%(orders)s)
    AND jsonb_exists(options -> 'units', %(old)s::text) AND jsonb_exists(options -> 'units', %(new)s::text))
"""


def join(first_id: int, second_id: int, *, actor_id: int | None) -> None:
    """Make the second product a part of the first. Raises NotPossible where somebody has decided about the pair before."""
    _decide(first_id, second_id, actor_id)
    # once more: what was being stored meanwhile may still have met the second product
    _move(first_id, second_id)


@in_transaction
def _decide(first_id: int, second_id: int, actor_id: int | None) -> None:
    if not pairs.decide(first_id, second_id, JOINED, actor_id=actor_id):
        raise NotPossible(_("Somebody has decided about these two before: load the page again."))
    _move(first_id, second_id)


@in_transaction
def _move(first_id: int, second_id: int) -> None:
    lines = lock_lines(second_id, first_id)
    joining.lock_joined([first_id, second_id])
    moved = joining.join_stock(first_id, second_id)
    orders = {line.order_id for line in lines}
    says_both = _says_both(orders, second_id, first_id)
    rename_product([line.id for line in lines], second_id, first_id)
    _rename_in_documents(orders, second_id, first_id)
    before = ProductPair.objects.get(first_id=first_id, second_id=second_id).moved
    is_lost = moved.merged or says_both or any(line.has_both for line in lines) or len(lines) > MOST_LINES
    pairs.remember_moved(first_id, second_id, {
        "listings": before.get("listings", []) + moved.listings, "levels": before.get("levels", []) + moved.levels,
        "components": before.get("components", []) + moved.components,
        "lines": (before.get("lines", []) + [line.id for line in lines])[:MOST_LINES],
        "merged": bool(before.get("merged") or is_lost),
    })  # fmt: skip


def why_not_undone(pair: ProductPair) -> str:
    """Return why a join cannot be undone any more; "" where it can."""
    if pair.moved.get("merged", True):
        return _("Stock or orders of both had become one.")
    if was_sold_since(pair.first_id, pair.decided_at):
        return _("It was sold since.")
    return ""


@in_transaction
def undo(pair: ProductPair) -> None:
    """Part two joined products again, and propose them again. Raises NotPossible where that cannot be done any more."""
    first_id, second_id, moved = pair.first_id, pair.second_id, pair.moved
    lines = [line for line in lock_lines(first_id, second_id) if line.id in set(moved.get("lines", ()))]
    if why := why_not_undone(pair):
        raise NotPossible(why)
    joining.lock_joined([first_id, second_id])
    if pairs.forget(pair.pk, JOINED) is None:
        return
    given = {name: moved[name] for name in ("listings", "levels", "components")}
    joining.part_stock(first_id, second_id, joining.Joined(**given, merged=False))
    rename_product([line.id for line in lines], first_id, second_id)
    _rename_in_documents({line.order_id for line in lines}, first_id, second_id)


def _says_both(orders: Collection[int], old_id: int, new_id: int) -> bool:
    return bool(fetch(_SAYS_BOTH, orders=sorted(orders), old=old_id, new=new_id)[0][0])


def _rename_in_documents(orders: Collection[int], old_id: int, new_id: int) -> None:
    if orders:
        execute(_DOCUMENTS, orders=sorted(orders), old=old_id, new=new_id)
