"""Payments: recorded, made void, and noticed when they are late."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from podgraph.demo.reference import NOW
from podgraph.outcomes.service.payments import JOBS

Ask = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.writes

SCOPE = "OSCOPE-26-000009"


async def payment(the: Ask, status: str) -> Any:
    return await the("payment", scope_id=SCOPE, status=status)


async def test_billing_records_a_payment_once(ask: Ask, refused: Ask, the: Ask) -> None:
    given = {"paymentId": await payment(the, "DUE"), "reference": "APX-1", "paidAt": "2026-05-12T09:00:00Z"}

    payload = await ask("billing", "recordPayment", "payment { status paidAt reference overdue }", **given)

    assert payload["payment"] == {
        "status": "PAID",
        "paidAt": "2026-05-12T09:00:00Z",
        "reference": "APX-1",
        "overdue": False,
    }
    assert payload["events"] == ["payment.paid"]
    assert await refused("billing", "recordPayment", **given) == ["ALREADY_DONE"]


async def test_a_payment_is_not_recorded(refused: Ask, the: Ask) -> None:
    due, scheduled = await payment(the, "DUE"), await payment(the, "SCHEDULED")
    given = {"reference": "APX-1"}

    assert await refused("owner", "recordPayment", paymentId=due, **given) == ["FORBIDDEN"]
    assert await refused("stranger", "recordPayment", paymentId=due, **given) == ["NOT_FOUND"]
    assert await refused("billing", "recordPayment", paymentId=scheduled, **given) == ["INVALID_TRANSITION"]
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    assert await refused("billing", "recordPayment", paymentId=due, paidAt=tomorrow, **given) == ["INVALID"]


@pytest.mark.parametrize("status", ["DUE", "SCHEDULED"])
async def test_the_account_team_voids_a_payment(ask: Ask, the: Ask, findings: Ask, status: str) -> None:
    given = {"paymentId": await payment(the, status), "reason": "Settled against a credit note."}

    payload = await ask("operator", "voidPayment", "payment { status }", **given)

    assert (payload["payment"], payload["events"]) == ({"status": "VOID"}, ["payment.void"])
    assert await findings() == []


async def test_a_scope_whose_final_payment_is_void_ends_without_one(ask: Ask, the: Ask, findings: Ask) -> None:
    last = await the("deliverable", title="Alerting on differences")
    audit = await the("scope", title="Ledger reconciliation audit")
    final = await the("payment", scope_id=audit, status="SCHEDULED")
    await ask("operator", "voidPayment", paymentId=final, reason="Settled against a credit note.")

    payload = await ask("owner", "acceptDeliverable", "scope { status } payment { id }", deliverableId=last)

    assert (payload["scope"], payload["payment"]) == ({"status": "COMPLETED"}, None)
    assert await findings() == []


async def test_an_overdue_payment_emits_one_event(the: Ask, sql: Ask, tick: Ask) -> None:
    late = await payment(the, "DUE")

    assert late in await tick(JOBS, NOW)
    assert await tick(JOBS, NOW + timedelta(days=1)) == []
    statement = "SELECT count(*) FROM event WHERE type = 'payment.overdue' AND subject_id = :id"
    assert await sql(statement, id=late) == [1]
