from datetime import UTC, datetime, timedelta

from erpsync.rehearsal.latency import first_after, percentiles, sale_to_stock

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_percentiles_are_measured_values_in_milliseconds() -> None:
    assert percentiles([n / 1000 for n in range(1, 101)]) == {"p50": 50, "p95": 95, "p99": 99}
    assert percentiles([0.25]) == {"p50": 250, "p95": 250, "p99": 250}
    assert percentiles([]) == {"p50": None, "p95": None, "p99": None}


def test_a_sale_is_over_when_each_other_shop_took_a_number_after_it() -> None:
    shown = {"AO": [("S1", at(0.5)), ("S2", at(-1)), ("S2", at(2)), ("S3", at(4)), ("S2", at(9))]}
    assert sorted(first_after([("AO", "S1", at(0))], shown)) == [2.0, 4.0]


def test_a_sale_that_changed_no_number_elsewhere_is_not_measured() -> None:
    assert first_after([("AO", "S1", at(0)), ("MU", "S1", at(0))], {"AO": [("S2", at(-3)), ("S1", at(1))]}) == []


def test_a_variation_that_was_made_anew_took_numbers_until_then() -> None:
    report = {
        "listings": [{"channel": "shopee", "item": "1", "variation": "12", "shop": "S2"}],
        "sales": [{"sku": "AO", "shop": "S1", "sold_at": NOON.timestamp()}],
    }
    log = [
        {"kind": "stock", "channel": "shopee", "item": "1", "id": "11", "sku": "AO", "wire": at(2).timestamp()},
        {"kind": "replaced", "channel": "shopee", "item": "1", "old": "11", "id": "12", "shop": "S2"},
    ]
    assert sale_to_stock(report, log) == [2.0]
