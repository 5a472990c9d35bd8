"""The trigger that refuses to change or delete commission entries, for the migrations that make it."""

from __future__ import annotations

REFUSE = """
CREATE FUNCTION commissions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'commission entries are append-only: reverse one by a new row' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER commissions_entries_are_append_only BEFORE UPDATE OR DELETE ON commissions_commissionentry
FOR EACH ROW EXECUTE FUNCTION commissions_refuse_change();
"""
ALLOW = """
DROP TRIGGER commissions_entries_are_append_only ON commissions_commissionentry;
DROP FUNCTION commissions_refuse_change();
"""
