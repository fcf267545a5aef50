"""SLA terms: agreed at the confirmation of a pod, changed from the next month on."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from podgraph.kernel.errors import ErrorCode, rejected
from podgraph.kernel.periods import Period
from podgraph.pods import lifecycle, rules
from podgraph.pods.repository import (
    PODS,
    SLA_TERMS,
)
from podgraph.pods.rules import TARGETS, MetricJudgement, SlaTargets
from podgraph.records import PodRecord
from podgraph.writes.transaction import WriteTransaction

_DECIMALS = frozenset(
    {
        "response_time_hours",
        "availability_hours_per_week",
        "quality_gate_percent",
        "max_defect_rate_percent",
    }
)


_TERMS = (*TARGETS.values(), "sprint_length_days", "max_defect_rate_percent", "tolerances", "weights")
"""Columns with the agreed terms."""


def terms_of_proposal(targets: SlaTargets) -> dict[str, Any]:
    """SLA terms of a proposal as columns, with decimals as text."""
    judgements = _judgements({}, {}, targets.metrics or (), "sla", "metrics")
    named = (*TARGETS.values(), "sprint_length_days", "max_defect_rate_percent")
    values = {name: getattr(targets, name) for name in named}
    return {name: str(one) if isinstance(one, Decimal) else one for name, one in values.items()} | judgements


async def agree(write: WriteTransaction, sla_id: str, pod: PodRecord, offer: Mapping[str, Any]) -> None:
    """Create the first terms of a confirmed pod, in force from this month. `pod.activated` is their event."""
    await write.create(
        SLA_TERMS,
        None,
        id=sla_id,
        organization_id=pod.organization_id,
        pod_id=pod.id,
        effective_from=str(Period.of(write.now.date())),
        **{name: _as_decimal(name, value) for name, value in offer.items()},
    )


async def update_sla_terms(write: WriteTransaction, *, pod_id: str, **changes: Any) -> None:
    """Change the terms from the next month on; omitted values stay as last agreed."""
    row = lifecycle.UPDATE_SLA_TERMS
    pod = await write.lock_for(PODS, pod_id, row, "podId")
    if not changes:
        raise rejected(ErrorCode.REQUIRED, "Provide at least one term to change.")
    last = max(await write.select(SLA_TERMS, lock=True, pod_id=pod.id), key=lambda terms: str(terms.effective_from))
    judgements = changes.pop("metrics", ())
    before = {name: getattr(last, name) for name in _TERMS}
    after = {**before, **changes, **_judgements(last.tolerances, last.weights, judgements, "metrics")}
    first = str(Period.of(write.now.date()).next)
    if last.effective_from == first:
        terms = await write.change(last, None, **after)
    else:
        terms = await write.create(
            SLA_TERMS,
            None,
            id=(await write.issue(SLA=1))["SLA"][0],
            organization_id=pod.organization_id,
            pod_id=pod.id,
            effective_from=first,
            current_compliance=last.current_compliance,
            **after,
        )
    changed = [name for name in _TERMS if before[name] != after[name]]
    payload = {
        "sla_terms_id": terms.id,
        "effective_from": first,
        "before": {name: before[name] for name in changed},
        "after": {name: after[name] for name in changed},
    }
    await write.transition(pod, row, "sla_terms.changed", payload=payload)
    write.return_ids(sla_id=terms.id)


def _judgements(
    tolerances: Mapping[str, str],
    weights: Mapping[str, str],
    judgements: Sequence[MetricJudgement],
    *path: str,
) -> dict[str, dict[str, str]]:
    """Tolerances and weights as columns; rejected if the weights do not add up to 100 %."""
    tolerated, weighed = rules.judged((tolerances, weights), judgements)
    if not rules.weights_add_up(map(Decimal, weighed.values())):
        listed = ", ".join(f"{metric} {weight} %" for metric, weight in weighed.items())
        raise rejected(ErrorCode.INVALID, f"The weights must add up to 100 %: {listed}.", *path)
    return {"tolerances": tolerated, "weights": weighed}


def _as_decimal(name: str, value: Any) -> Any:
    return Decimal(value) if name in _DECIMALS and value is not None else value


async def terms_in_month(write: WriteTransaction, pod: PodRecord, period: Period) -> Any:
    """SLA terms in force in a month."""
    terms = sorted(await write.select(SLA_TERMS, pod_id=pod.id), key=lambda one: str(one.effective_from))
    return [one for one in terms if one.effective_from <= str(period)][-1]
