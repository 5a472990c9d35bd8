"""The jobs of workers: each deletes its wake-up flag, calls one service and holds no logic. All may be repeated."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from commissions.services import activation, months, statement_files
from commissions.services.findings.refresh import checked_shops
from commissions.services.findings.refresh import refresh as refresh_findings
from core import tunables
from integrations import tracking as parcel_tracking
from integrations.accounts import tokens
from integrations.documents import arranging
from integrations.documents.commands import pictures
from integrations.documents.commands.perform import due_by_job, perform_due
from integrations.events import retention as event_retention
from integrations.events import store as event_store
from integrations.inbox import due
from integrations.inbox import pull as pulling
from integrations.inbox import retention as inbox_retention
from integrations.ingest import drain as draining
from integrations.ingest import sweep as sweeping
from integrations.ingest.backfill import running
from integrations.labels import fetching as label_fetching
from integrations.labels import store as label_store
from integrations.models import Connection
from integrations.publishing import drift, rounds
from integrations.work import sync_runs, wakeups
from integrations.work.locks import advisory_lock
from inventory.services import proof as stock_proof
from orders.services import photos
from orders.services import proof as order_proof

A_DAY = timedelta(days=1)
# below a minute, after which the schedule asks for what is left
REACCRUE_SECONDS = 50
# what rules arranged, and left, is looked up while the parcels are under way
ARRANGE_RUN_DAYS = 30


def drain(connection_id: int) -> None:
    """Drain a connection's inbox."""
    wakeups.mark_started("drain", connection_id)
    draining.drain(connection_id)


def drain_app(app_id: int) -> None:
    """Drain the inbox events of an app that belong to none of its shops."""
    wakeups.mark_started("drain_app", app_id)
    draining.drain_app(app_id)


def cut(connection_id: int) -> None:
    """Push the deep cuts of a shop."""
    wakeups.mark_started("cut", connection_id)
    rounds.cut(connection_id)


def publish(connection_id: int) -> None:
    """Push a shop's due stock and prices."""
    wakeups.mark_started("publish", connection_id)
    rounds.publish(connection_id)


def perform(connection_id: int) -> None:
    """Perform a connection's commands."""
    wakeups.mark_started("perform", connection_id)
    perform_due(connection_id)


def perform_bulk(connection_id: int) -> None:
    """Carry out a connection's commands that can wait for orders and stock."""
    wakeups.mark_started("perform_bulk", connection_id)
    perform_due(connection_id, lane="bulk")


def labels(connection_id: int) -> None:
    """Fetch the labels that people wait for."""
    wakeups.mark_started("labels", connection_id)
    label_fetching.fetch_due(connection_id)


def tracking(connection_id: int) -> None:
    """Read the steps of parcels whose orders have news."""
    wakeups.mark_started("tracking", connection_id)
    parcel_tracking.read_news(connection_id)


def track_all() -> None:
    """Read the steps of parcels of every connection whose channel tells them."""
    parcel_tracking.enqueue_rounds()


def sweep(connection_id: int) -> None:
    """Find changes that no webhook announced."""
    wakeups.mark_started("sweep", connection_id)
    sweeping.sweep(connection_id)


def check_numbers(connection_id: int) -> None:
    """Compare the numbers that a shop's listings show with those they should."""
    wakeups.mark_started("check_numbers", connection_id)
    drift.check_numbers(connection_id)


def pull(app_id: int) -> None:
    """Pull an app's queue."""
    wakeups.mark_started("pull", app_id)
    pulling.pull(app_id)


def backfill(run_id: int) -> None:
    """Continue a backfill."""
    wakeups.mark_started("backfill", run_id)
    running.work(run_id)


def reaccrue(rule_id: int) -> None:
    """Accrue orders since the start of newly activated rule versions again, one process at a time."""
    wakeups.mark_started("reaccrue", rule_id)
    with advisory_lock("reaccrue") as ours:
        if ours:
            activation.reaccrue(budget_seconds=REACCRUE_SECONDS)


def reaccrue_left() -> None:
    """Go on accruing again while something is left."""
    wakeups.enqueue_once("reaccrue", activation.pending()[:1])


def settle_months() -> None:
    """Bring the entries of fees by shop and month up to their orders, one process at a time."""
    with advisory_lock("settle_months") as ours:
        if ours:
            months.settle()


def arrange_by_rules() -> None:
    """Arrange shipments where people have a rule for it."""
    arranging.arrange_by_rules()


def tick() -> None:
    """Each second, in the leader: wake workers for everything that is due. Finds the work of lost wake-ups."""
    due.enqueue_due()
    wakeups.enqueue_once("pull", pulling.due_apps())
    wakeups.enqueue_once("cut", rounds.due_connections(deep_cuts=True))
    wakeups.enqueue_once("publish", rounds.due_connections())
    for job, connections in due_by_job().items():
        wakeups.enqueue_once(job, connections)
    wakeups.enqueue_once("labels", label_store.due_connections())
    wakeups.enqueue_once("sweep", sweeping.due_connections())
    wakeups.enqueue_once("backfill", running.due_runs())


def renew_tokens() -> None:
    """Renew the tokens that are due, before a call needs them."""
    tokens.renew_due()


def sweep_all() -> None:
    """Sweep every connection."""
    wakeups.enqueue_once("sweep", Connection.objects.filter(is_active=True).values_list("pk", flat=True))


def check_all_numbers() -> None:
    """Compare the numbers of every shop."""
    sellers = Connection.objects.filter(is_active=True, shop__keeps_stock=False)
    wakeups.enqueue_once("check_numbers", sellers.values_list("pk", flat=True))


def sweep_day() -> None:
    """Sweep the last day of every connection again."""
    for connection_id in Connection.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True):
        sweeping.sweep(connection_id, since=A_DAY)


def check_money(shop_id: int) -> None:
    """Bring the findings about a shop's money up to date."""
    wakeups.mark_started("check_money", shop_id)
    refresh_findings(shop_id, now=timezone.now())


def check_all_money() -> None:
    """Bring the findings about the money of every shop up to date that has any."""
    wakeups.enqueue_once("check_money", checked_shops())


def forget_statement_files() -> None:
    """Delete the bytes of statement files that were checked a day ago and not imported."""
    statement_files.forget_content()


def nightly() -> None:
    """Run the proofs of the books; a breach is a row that people see. Delete what is older than its class of data is kept."""
    event_retention.drop_old_events(days=settings.EVENT_DAYS + 1)
    inbox_retention.forget_words(days=settings.RAW_DAYS)
    inbox_retention.delete_ended(days=settings.INBOX_DAYS)
    label_store.delete_old_files(days=settings.LABEL_DAYS)
    pictures.delete_old(days=settings.PICTURE_DAYS)
    photos.drop_old(days=settings.PHOTO_DAYS)
    arranging.delete_old_runs(days=ARRANGE_RUN_DAYS)
    event_store.delete_old_attempts(days=settings.ATTEMPT_DAYS)
    sync_runs.delete_old(days=tunables.SYNC_RUN_DAYS)
    stock_proof.prove((*stock_proof.CHECKS, *order_proof.CHECKS))
