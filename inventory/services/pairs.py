"""Products that may be the same: a SKU or barcode met at a second stock master is proposed to people, and never joined by itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from core.db import encode, execute, fetch, fetch_as
from core.transactions import in_transaction

SKU, BARCODE = "sku", "barcode"

# a code on more products than this is no code: "-", "0"
_MOST_OF_ONE = 10

# Grouped, not joined to itself: on tables without statistics that takes minutes. In the books of two masters, none of which
# has both.
_MASTERS = """ARRAY(
    SELECT listing.shop_id FROM inventory_listing listing JOIN inventory_shop master ON master.id = listing.shop_id AND master.keeps_stock
    WHERE listing.product_id = {product} AND listing.status <> 'deleted')"""
_CODE = f"""
    SELECT '{{reason}}' AS reason, array_agg(id ORDER BY id) AS ids FROM inventory_product
    WHERE {{code}} <> '' AND NOT is_bundle AND gone_at IS NULL
    GROUP BY {{code}} HAVING count(*) BETWEEN 2 AND {_MOST_OF_ONE}"""
_PROPOSED = f"""
WITH named AS MATERIALIZED (
    {_CODE.format(reason=SKU, code="upper(sku)")} UNION ALL {_CODE.format(reason=BARCODE, code="barcode")}
), alike AS MATERIALIZED (
    SELECT first.id AS first_id, second.id AS second_id, max(reason) AS reason
    FROM named, unnest(ids) AS first(id), unnest(ids) AS second(id) WHERE first.id < second.id GROUP BY 1, 2
), known AS MATERIALIZED (
    SELECT alike.*, {_MASTERS.format(product="first_id")} AS of_first, {_MASTERS.format(product="second_id")} AS of_second
    FROM alike WHERE NOT EXISTS (
        SELECT FROM inventory_productpair pair WHERE pair.first_id = alike.first_id AND pair.second_id = alike.second_id)
)
SELECT first_id, second_id, reason FROM known
WHERE of_first <> '{{}}' AND of_second <> '{{}}' AND NOT of_first && of_second ORDER BY 1, 2 LIMIT %(most)s
"""


class Proposal(NamedTuple):
    """Two products that may be the same, the older one first, and by what: `SKU` or `BARCODE`."""

    first_id: int
    second_id: int
    reason: str


def proposals(*, most: int) -> list[Proposal]:
    """Return at most `most` pairs that nobody has decided about."""
    return fetch_as(Proposal, _PROPOSED, most=most)


_DECIDE = """
INSERT INTO inventory_productpair (first_id, second_id, decision, moved, decided_by_id)
VALUES (%(first)s, %(second)s, %(decision)s, %(moved)s::jsonb, %(actor)s)
ON CONFLICT (first_id, second_id) DO NOTHING RETURNING id
"""


@in_transaction
def decide(first_id: int, second_id: int, decision: str, *, actor_id: int | None, moved: Any = None) -> bool:
    """Remember what a person decided about a pair; False where somebody has decided before."""
    row = {"first": first_id, "second": second_id, "decision": decision, "actor": actor_id}
    return bool(fetch(_DECIDE, **row, moved=encode(moved or {})))


def forget(pair_id: int, decision: str) -> Any | None:
    """Forget a decision, so that the pair is proposed again; returns what had moved, None where there is no such decision."""
    rows = fetch(
        "DELETE FROM inventory_productpair WHERE id = %s AND decision = %s RETURNING first_id, second_id, moved",
        pair_id, decision,
    )  # fmt: skip
    return rows[0] if rows else None


def remember_moved(first_id: int, second_id: int, moved: Any) -> None:
    """Store what moved when a pair was joined, inside the same transaction."""
    execute(
        "UPDATE inventory_productpair SET moved = %s::jsonb WHERE first_id = %s AND second_id = %s",
        encode(moved), first_id, second_id,
    )  # fmt: skip
