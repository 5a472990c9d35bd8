"""The outbox by months, for the migrations that partition it. The table of before becomes the first partition as it stands."""

from __future__ import annotations

from core.partitions import MONTHS_AHEAD, ensure_months, index_leaf, month_after, month_of

TABLE, BEFORE = "core_outboxevent", "core_outboxevent_before"

_RENAME = """
ALTER TABLE core_outboxevent RENAME TO core_outboxevent_before;
ALTER INDEX event_to_be_numbered RENAME TO event_to_be_numbered_before;
ALTER INDEX event_broken RENAME TO event_broken_before;
ALTER INDEX event_time RENAME TO event_time_before;
CREATE TABLE core_outboxevent (LIKE core_outboxevent_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (time);
CREATE INDEX event_to_be_numbered ON core_outboxevent (serial) WHERE position IS NULL;
CREATE INDEX event_broken ON core_outboxevent (entity, entity_id) WHERE position IS NULL AND NOT (flaw = '');
CREATE INDEX event_time ON core_outboxevent USING brin (time);
CREATE TABLE core_outboxevent_default PARTITION OF core_outboxevent DEFAULT;
"""

# in one table again: what is in all partitions
_BACK = """
CREATE TABLE core_outboxevent_whole (LIKE core_outboxevent INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
INSERT INTO core_outboxevent_whole SELECT * FROM core_outboxevent;
DROP TABLE core_outboxevent;
ALTER TABLE core_outboxevent_whole RENAME TO core_outboxevent;
ALTER TABLE core_outboxevent ADD PRIMARY KEY (id);
ALTER TABLE core_outboxevent ADD CONSTRAINT one_event_per_entity_version UNIQUE (entity, entity_id, version);
ALTER TABLE core_outboxevent ADD CONSTRAINT one_event_per_position UNIQUE (position);
CREATE INDEX event_to_be_numbered ON core_outboxevent (serial) WHERE position IS NULL;
CREATE INDEX event_broken ON core_outboxevent (entity, entity_id) WHERE position IS NULL AND NOT (flaw = '');
CREATE INDEX event_time ON core_outboxevent USING brin (time);
"""


def partition(apps: object, schema_editor: object) -> None:
    """Put an empty partitioned table in front of the old one."""
    with schema_editor.connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(_RENAME)
        cursor.execute("SELECT greatest(clock_timestamp(), max(time)) FROM core_outboxevent_before")
        [newest] = cursor.fetchone()
        end = month_after(month_of(newest)).isoformat()
        cursor.execute(
            f"ALTER TABLE core_outboxevent ATTACH PARTITION {BEFORE} FOR VALUES FROM (MINVALUE) TO ('{end}')"
        )
    index_leaf(TABLE, f"{TABLE}_default")
    ensure_months(TABLE, ahead=MONTHS_AHEAD)


def in_one_table(apps: object, schema_editor: object) -> None:
    """Undo it: copies all rows."""
    with schema_editor.connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(_BACK)
