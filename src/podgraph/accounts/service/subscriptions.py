"""Service functions and jobs of commercial subscriptions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from podgraph.accounts import lifecycle
from podgraph.accounts.lifecycle import SubscriptionStatus
from podgraph.accounts.repository import ORGANIZATIONS, SUBSCRIPTIONS
from podgraph.accounts.service.checks import require_open
from podgraph.database.read_model import NOW
from podgraph.writes.checks import ensure_future
from podgraph.writes.transaction import Job, WriteTransaction


async def open_subscription(
    write: WriteTransaction, *, organization_id: str, name: str | None, trial_ends_at: datetime | None
) -> None:
    """Open a subscription: TRIALING until the end of its trial, or ACTIVE without one."""
    organization = await write.get(ORGANIZATIONS, organization_id, "organizationId")
    transition = lifecycle.START_TRIAL if trial_ends_at else lifecycle.OPEN_SUBSCRIPTION
    write.authorize(transition, within=organization)
    await require_open(write, organization.id, None, "organizationId")
    ensure_future(write, trial_ends_at, "trialEndsAt")
    subscription_id = (await write.issue(SUB=1))["SUB"][0]
    await write.create(
        SUBSCRIPTIONS,
        "subscription.opened",
        id=subscription_id,
        organization_id=organization.id,
        name=name,
        status=str(transition.target),
        trial_ends_at=trial_ends_at,
    )
    write.return_ids(subscription_id=subscription_id)


async def activate_subscription(write: WriteTransaction, *, subscription_id: str) -> None:
    """Activate a subscription after its trial or a late payment."""
    row = lifecycle.ACTIVATE_SUBSCRIPTION
    subscription = await write.lock_for(SUBSCRIPTIONS, subscription_id, row, "subscriptionId")
    await write.transition(subscription, row, "subscription.activated")


async def mark_subscription_past_due(write: WriteTransaction, *, subscription_id: str, reason: str | None) -> None:
    """Mark a subscription as past due."""
    row = lifecycle.MARK_SUBSCRIPTION_PAST_DUE
    subscription = await write.lock_for(SUBSCRIPTIONS, subscription_id, row, "subscriptionId")
    await write.transition(subscription, row, "subscription.past_due", payload=_given(reason))


async def cancel_subscription(write: WriteTransaction, *, subscription_id: str, reason: str | None) -> None:
    """Cancel a subscription."""
    row = lifecycle.CANCEL_SUBSCRIPTION
    subscription = await write.lock_for(SUBSCRIPTIONS, subscription_id, row, "subscriptionId")
    event = "subscription.cancelled"
    await write.transition(subscription, row, event, payload=_given(reason), cancelled_at=write.now)


def _given(reason: str | None) -> dict[str, str] | None:
    return {"reason": reason} if reason else None


def _ended_trials() -> Select[Any]:
    one = SUBSCRIPTIONS.source()
    ended = select(one["id"]).where(one["status"] == SubscriptionStatus.TRIALING, one["trial_ends_at"] <= NOW)
    return ended.order_by(one["trial_ends_at"], one["id"])


async def _end_trial(write: WriteTransaction, subscription_id: str) -> None:
    transition = lifecycle.END_TRIAL
    subscription = await write.get_for_update(SUBSCRIPTIONS, subscription_id)
    # The subscription may have been activated or cancelled since the query.
    if subscription.status in transition.sources and subscription.current_status == transition.target:
        payload = {"reason": "The trial ended."}
        await write.transition(subscription, transition, "subscription.past_due", payload=payload)


JOBS = (Job("end trials of subscriptions", _ended_trials(), _end_trial),)
"""Scheduled jobs of subscriptions."""
