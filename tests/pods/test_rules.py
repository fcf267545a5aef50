"""The SLA and its compliance, dates, and what a scope revision changed."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podgraph.kernel.periods import Period
from podgraph.pods.lifecycle import ResponseSla, SlaMetricKind
from podgraph.pods.rules import (
    MetricJudgement,
    PodScopeItem,
    ScopeDiffLine,
    SlaMetricResult,
    SlaMetricTerm,
    compliance_formula,
    compliance_percent,
    hours_per_member,
    judged,
    last_month_to_publish,
    mean,
    metric_result,
    metric_terms,
    renewed_until,
    renews_at,
    requested_hours_per_week,
    response_at_risk_at,
    response_due_at,
    response_hours,
    response_sla,
    scope_diff,
    starts_at,
    term_begins,
    weights_add_up,
)

TARGETS = {
    SlaMetricKind.THROUGHPUT: Decimal(18),
    SlaMetricKind.RESPONSE_TIME: Decimal(2),
    SlaMetricKind.AVAILABILITY: Decimal(200),
    SlaMetricKind.QUALITY_GATE: Decimal(80),
}
TERMS = metric_terms(TARGETS)
THROUGHPUT, RESPONSE_TIME, AVAILABILITY, QUALITY_GATE = TERMS


def results(*actuals: str | None) -> list[SlaMetricResult]:
    return [
        metric_result(term, None if actual is None else Decimal(actual))
        for term, actual in zip(TERMS, actuals, strict=True)
    ]


APRIL = results("19", "1.8", "198", "76")


def test_the_report_of_april_comes_out_as_the_reference_prints_it() -> None:
    assert [(one.name, one.attainment_percent, one.status) for one in APRIL] == [
        ("throughput", Decimal("105.6"), "MET"),
        ("response_time_hours", Decimal("111.1"), "MET"),
        ("availability_hours", Decimal("99.0"), "MET"),
        ("quality_gate", Decimal("95.0"), "BREACHED"),
    ]
    assert compliance_percent(APRIL) == Decimal("97.2")


def test_the_formula_can_be_followed_by_hand() -> None:
    assert compliance_formula(APRIL) == (
        "throughput 10 % × 100.0 (105.6, capped) + response time 10 % × 100.0 (111.1, capped)"
        " + availability 30 % × 99.0 + quality gate 50 % × 95.0 = 97.2"
    )


def test_every_metric_is_explained_in_a_sentence() -> None:
    assert [one.explanation for one in APRIL] == [
        "19 of 18 tasks a sprint is 105.6 %: met.",
        "1.8 where 2 hours are allowed is 111.1 %: met.",
        "198 of 200 hours a week is 99.0 %; with a tolerance of 1 % that meets the target.",
        "76 of 80 % is 95.0 %, below the 100 % required: breached.",
    ]


def test_what_was_not_measured_leaves_its_weight_to_the_others() -> None:
    partly = results("19", None, "198", None)

    assert partly[1].status == "NOT_MEASURED"
    assert compliance_percent(partly) == Decimal("99.3")
    assert compliance_formula(partly) == (
        "(throughput 10 % × 100.0 (105.6, capped) + availability 30 % × 99.0) / 40 % = 99.3;"
        " not measured: response time, quality gate"
    )


def test_a_month_without_any_measurement_has_no_compliance() -> None:
    nothing = results(None, None, None, None)

    assert compliance_percent(nothing) is None
    assert compliance_formula(nothing) == "Nothing was measured."


@pytest.mark.parametrize(("hours", "status"), [("198", "MET"), ("197.9999", "BREACHED"), ("200", "MET")])
def test_the_edge_of_the_tolerance_still_meets(hours: str, status: str) -> None:
    assert metric_result(AVAILABILITY, Decimal(hours)).status == status


def test_a_miss_too_small_for_one_decimal_is_told_with_more() -> None:
    assert metric_result(AVAILABILITY, Decimal("197.99")).explanation == (
        "197.99 of 200 hours a week is 98.995 %, below the 99 % required: breached."
    )


def test_a_slow_response_attains_less_and_an_immediate_one_is_met() -> None:
    slow = metric_result(RESPONSE_TIME, Decimal("2.5"))
    immediate = metric_result(RESPONSE_TIME, Decimal(0))

    assert slow.explanation == "2.5 where 2 hours are allowed is 80.0 %, below the 100 % required: breached."
    assert (immediate.attainment_percent, immediate.status) == (Decimal("100.0"), "MET")


def test_a_high_defect_rate_breaches_the_quality_gate_whatever_the_coverage() -> None:
    covered = metric_result(QUALITY_GATE, Decimal(85), defect_rate=Decimal(4), max_defect_rate=Decimal(2))
    clean = metric_result(QUALITY_GATE, Decimal(85), defect_rate=Decimal(2), max_defect_rate=Decimal(2))

    assert covered.explanation == (
        "A defect rate of 4 % where 2 % is allowed is 50.0 %, below the 100 % required: breached."
    )
    assert (covered.status, clean.status) == ("BREACHED", "MET")


def test_terms_have_weights_tolerances_and_units_by_default() -> None:
    assert [(term.metric, term.unit, term.tolerance_percent, term.weight_percent) for term in TERMS] == [
        (SlaMetricKind.THROUGHPUT, "tasks_per_sprint", Decimal(0), Decimal(10)),
        (SlaMetricKind.RESPONSE_TIME, "hours", Decimal(0), Decimal(10)),
        (SlaMetricKind.AVAILABILITY, "hours_per_week", Decimal(1), Decimal(30)),
        (SlaMetricKind.QUALITY_GATE, "percent", Decimal(0), Decimal(50)),
    ]
    assert weights_add_up(term.weight_percent for term in TERMS)


def test_a_contract_can_agree_otherwise() -> None:
    strict = metric_terms(
        TARGETS,
        tolerances={SlaMetricKind.AVAILABILITY: Decimal(0)},
        weights={SlaMetricKind.QUALITY_GATE: Decimal(40)},
    )

    assert metric_result(strict[2], Decimal(198)).status == "BREACHED"
    assert not weights_add_up(term.weight_percent for term in strict)


@given(st.lists(st.none() | st.decimals(0, 1000, places=2), min_size=4, max_size=4))
def test_compliance_never_leaves_the_range_of_0_to_100(actuals: list[Decimal | None]) -> None:
    found = [metric_result(term, actual) for term, actual in zip(TERMS, actuals, strict=True)]

    compliance = compliance_percent(found)

    assert (compliance is None) == all(actual is None for actual in actuals)
    assert compliance is None or 0 <= compliance <= 100


@given(st.sampled_from(TERMS), st.decimals("0.01", 1000, places=2))
def test_a_metric_is_met_if_its_explanation_does_not_contain_breached(term: SlaMetricTerm, actual: Decimal) -> None:
    found = metric_result(term, actual)

    assert found.explanation.endswith("breached.") == (found.status == "BREACHED")


def test_a_mean_of_nothing_is_unknown() -> None:
    assert mean([Decimal("1.5"), Decimal("2.1")]) == Decimal("1.8")
    assert mean([]) is None


@pytest.mark.parametrize(
    ("started", "months", "renews"),
    [
        ("2025-09-01T00:00:00Z", 12, "2026-09-01T00:00:00Z"),
        ("2026-01-31T09:30:00Z", 1, "2026-02-28T09:30:00Z"),
        ("2024-02-29T00:00:00Z", 12, "2025-02-28T00:00:00Z"),
        ("2026-12-15T00:00:00Z", 60, "2031-12-15T00:00:00Z"),
    ],
)
def test_a_term_ends_after_calendar_months(started: str, months: int, renews: str) -> None:
    assert renews_at(datetime.fromisoformat(started), months) == datetime.fromisoformat(renews)


def test_a_response_is_at_risk_after_four_fifths_of_its_hours() -> None:
    created = datetime(2026, 4, 30, 23, 0, tzinfo=UTC)
    due = response_due_at(created, Decimal("2.5"))

    assert due == datetime(2026, 5, 1, 1, 30, tzinfo=UTC)
    assert response_at_risk_at(created, due) == datetime(2026, 5, 1, 1, 0, tzinfo=UTC)


def test_a_response_at_the_deadline_is_in_time() -> None:
    due = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

    assert response_sla(due, due) is ResponseSla.MET
    assert response_sla(due, due.replace(microsecond=1)) is ResponseSla.BREACHED


def test_seconds_to_respond_are_told_in_hours() -> None:
    assert response_hours(6480) == Decimal("1.8")
    assert response_hours(1) == Decimal("0.0003")


def test_two_people_asked_for_are_80_hours_a_week() -> None:
    assert requested_hours_per_week(2) == 80


def item(key: str, title: str = "", priority: int = 1) -> PodScopeItem:
    return PodScopeItem(key, title or key.title(), priority)


def test_a_revision_tells_what_was_added_removed_and_changed() -> None:
    before = [item("webhooks", "Fix webhooks"), item("audit")]
    after = [item("webhooks", "Fix webhooks", priority=2), item("refunds", "Build refunds")]

    assert scope_diff(before, after) == [
        ScopeDiffLine("removed", "audit", "Audit (priority 1)", None),
        ScopeDiffLine("changed", "webhooks", "Fix webhooks (priority 1)", "Fix webhooks (priority 2)"),
        ScopeDiffLine("added", "refunds", None, "Build refunds (priority 1)"),
    ]


def test_only_the_item_that_was_moved_is_reordered() -> None:
    before = [item("a"), item("b"), item("c"), item("d")]
    after = [item("d"), item("a"), item("b"), item("c")]

    assert scope_diff(before, after) == [ScopeDiffLine("reordered", "d", "4", "1")]


def test_a_description_is_part_of_an_item() -> None:
    before, after = [item("a")], [PodScopeItem("a", "A", 1, "With tests.")]

    assert scope_diff(before, after) == [ScopeDiffLine("changed", "a", "A (priority 1)", "A (priority 1): With tests.")]


scopes = st.lists(
    st.builds(PodScopeItem, st.sampled_from("abcdefgh"), st.sampled_from(["One", "Two"]), st.integers(1, 2)),
    unique_by=lambda item: item.key,
)


@given(scopes, scopes)
def test_a_diff_lists_added_and_removed_items_and_may_be_empty(
    before: list[PodScopeItem], after: list[PodScopeItem]
) -> None:
    diff = scope_diff(before, after)
    old, new = {item.key for item in before}, {item.key for item in after}

    assert (not diff) == (before == after)
    assert {line.key for line in diff if line.op == "added"} == new - old
    assert {line.key for line in diff if line.op == "removed"} == old - new


def test_a_renewed_term_ends_on_the_day_of_the_start_again() -> None:
    started, ends = datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)

    assert renews_at(started, 1) == ends
    assert renewed_until(started, ends, 1) == datetime(2026, 3, 31, tzinfo=UTC)


def test_a_term_begins_its_length_before_its_end() -> None:
    assert term_begins(datetime(2026, 9, 1, tzinfo=UTC), 12) == Period(2025, 9)


def test_a_line_starts_on_the_requested_day_or_today_if_past() -> None:
    noon = datetime(2026, 5, 14, 12, tzinfo=UTC)

    assert starts_at(date(2026, 6, 1), noon) == datetime(2026, 6, 1, tzinfo=UTC)
    assert starts_at(date(2026, 5, 14), noon) == starts_at(None, noon) == noon


def test_the_members_of_a_team_share_its_hours_alike() -> None:
    assert (hours_per_member(Decimal(200), 5), hours_per_member(Decimal(100), 3)) == (
        Decimal(40),
        Decimal("33.3333"),
    )


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2026-06-02T23:59:59Z", "2026-04"),
        ("2026-06-03T00:00:00Z", "2026-05"),
        ("2026-01-03T00:00:00Z", "2025-12"),
    ],
)
def test_a_month_is_published_on_the_third_of_the_next(now: str, month: str) -> None:
    assert str(last_month_to_publish(datetime.fromisoformat(now))) == month


def test_judgements_change_what_they_speak_of_and_nothing_else() -> None:
    stricter = MetricJudgement(SlaMetricKind.AVAILABILITY, tolerance_percent=Decimal("0.5"))

    tolerances, weights = judged(({}, {"THROUGHPUT": "20"}), [stricter])

    assert tolerances == {
        "THROUGHPUT": "0",
        "RESPONSE_TIME": "0",
        "AVAILABILITY": "0.5",
        "QUALITY_GATE": "0",
    }
    assert weights == {"THROUGHPUT": "20", "RESPONSE_TIME": "10", "AVAILABILITY": "30", "QUALITY_GATE": "50"}


def test_a_very_fast_response_has_the_maximum_attainment() -> None:
    (_, response, _, _) = results("18", "0.0001", "200", "80")

    assert response.attainment_percent == Decimal("999999.9")
