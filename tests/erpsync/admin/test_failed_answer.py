"""A channel's answer that nothing could be made of: shown on the dead letter's page, and saved as a case."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.test import Client

from erpsync.replay.case import Read, read_case
from erpsync.replay.replay import replay
from integrations.models import InboxEvent
from tests.erpsync.replay.test_export import CASES

PATH = "order/get_order_detail"


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_kept_shown_and_saved_without_asking_again(client: Client) -> None:
    case = read_case(CASES / "shopee-long-tracking.json")
    step = case.steps[0]
    assert isinstance(step, Read)
    refusal = {"error": "error_param", "message": "2611290001 is odd", "order_sn": "2611290001"}
    replay(replace(case, steps=(replace(step, answers={PATH: refusal}),), want={}))
    event = InboxEvent.objects.get(external_id="2611290001")
    assert (event.state, event.reason_code) == ("dead", "error_param")
    [call] = json.loads(event.answer)["calls"]
    assert (call["path"], call["status"], call["body"]["order_sn"]) == (f"/api/v2/{PATH}", 200, "2611290001")

    client.force_login(User.objects.create_superuser("support"))
    page = f"/admin/integrations/inboxevent/{event.pk}/"
    assert f"/api/v2/{PATH}" in client.get(f"{page}change/").content.decode()
    saved = json.loads(client.get(f"{page}save_as_case/").content)
    assert saved["answered"] == f"as it was stored, {event.finished_at:%Y-%m-%d %H:%M} UTC"
    [(path, body)] = saved["steps"][0]["answers"].items()
    assert (path, body["order_sn"]) == (f"/api/v2/{PATH}", saved["steps"][0]["id"])
    assert body["order_sn"] != "2611290001"
