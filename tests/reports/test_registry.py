"""The ten documents, and the options that fill their variables."""

from datetime import UTC, datetime

import pytest

from graphql import FieldNode, SelectionSetNode, parse, validate
from podgraph.reports.registry import REPORTS, OptionError, Report, variables
from podgraph.schema import build_schema

NOW = datetime(2026, 5, 14, 16, tzinfo=UTC)

EACH = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def test_there_are_ten_reports() -> None:
    assert list(REPORTS) == [
        "monthly-sla-review",
        "capacity-planning",
        "acceptance-queue",
        "renewal-decision",
        "under-utilised",
        "orphaned-allocations",
        "organization-spend",
        "weekly-watch",
        "overbooked-talent",
        "engagement-dossier",
    ]


def test_a_document_begins_with_its_title_and_one_sentence() -> None:
    report = REPORTS["overbooked-talent"]
    assert report.title == "Over-booked talent"
    assert report.sentence == "People who are promised for more hours a week than they have, and to whom."


@EACH
def test_the_schema_answers_every_document(report: Report) -> None:
    assert validate(build_schema()._schema, parse(report.document)) == []


@EACH
def test_options_set_exactly_the_variables_of_the_document(report: Report) -> None:
    operation = parse(report.document).definitions[0]
    asked = {each.variable.name.value for each in operation.variable_definitions}  # type: ignore[attr-defined]
    assert {name for parameter in report.parameters for name in parameter.fills} == asked


@EACH
def test_a_document_asks_for_every_column_of_its_rows(report: Report) -> None:
    for column in report.columns:
        fields = parse(report.document).definitions[0].selection_set  # type: ignore[attr-defined]
        for name in [*report.rows.split("."), *column.split(".")]:
            fields = _below(fields, name)
        assert fields is None, f"{column} is not a plain value"


def _below(selections: SelectionSetNode, name: str) -> SelectionSetNode | None:
    for selection in selections.selections:
        if not isinstance(selection, FieldNode):
            if name in {each.name.value for each in selection.selection_set.selections}:  # type: ignore[attr-defined]
                return None
        elif name == (selection.alias or selection.name).value:
            return selection.selection_set
    raise AssertionError(f"{name} is not asked for")


def test_a_month_sets_its_first_and_last_instant() -> None:
    given = {"pod": "POD-26-000008", "period": "2026-02"}
    assert variables(REPORTS["monthly-sla-review"], given, NOW) == {
        "pod": "POD-26-000008",
        "period": "2026-02",
        "from": "2026-02-01",
        "to": "2026-02-28",
        "start": "2026-02-01T00:00:00+00:00",
        "end": "2026-03-01T00:00:00+00:00",
    }


def test_capacity_planning_defaults_to_the_next_quarter() -> None:
    assert variables(REPORTS["capacity-planning"], {"workspace": "WS-26-000021"}, NOW) == {
        "workspace": "WS-26-000021",
        "type": "TALENT_HOURS",
        "quarter": "2026-Q3",
        "until": "2026-09-30T23:59:59+00:00",
    }


def test_the_week_watched_is_the_one_that_ends_today() -> None:
    assert variables(REPORTS["weekly-watch"], {"workspace": "WS-26-000021"}, NOW) == {
        "workspace": "WS-26-000021",
        "from": "2026-05-08",
        "to": "2026-05-14",
        "dueBefore": "2026-05-14T16:00:00+00:00",
    }


def test_spend_defaults_to_the_last_12_months() -> None:
    assert variables(REPORTS["organization-spend"], {"organization": "ORG-26-090500"}, NOW) == {
        "organization": "ORG-26-090500",
        "from": "2025-06",
        "to": "2026-05",
    }


@pytest.mark.parametrize(
    ("report", "given", "message"),
    [
        (
            "engagement-dossier",
            {},
            "engagement-dossier requires --request: Outcome request id, e.g. OREQ-26-000041.",
        ),
        (
            "overbooked-talent",
            {"pod": "POD-26-000008"},
            "overbooked-talent has no option --pod. Options: --organization",
        ),
        (
            "monthly-sla-review",
            {"pod": "POD-26-000008", "period": "April"},
            "--period is 'April': write a month such as 2026-04",
        ),
        (
            "monthly-sla-review",
            {"pod": "POD-26-000008", "period": "2026-Q2"},
            "--period is '2026-Q2': write a month such as 2026-04",
        ),
        (
            "renewal-decision",
            {"pod": "WS-26-000021"},
            "--pod is 'WS-26-000021': write an id such as POD-26-000008",
        ),
        (
            "renewal-decision",
            {"pod": "POD-26-000008", "from": "yesterday"},
            "--from is 'yesterday': write a day such as 2026-05-14",
        ),
        (
            "under-utilised",
            {"workspace": "WS-26-000021", "threshold": "NaN"},
            "--threshold is 'NaN': write a number such as 38.5, of at most 14 digits before the point and 20 after it",
        ),
        (
            "capacity-planning",
            {"workspace": "WS-26-000021", "resource-type": "GOLD"},
            "--resource-type is 'GOLD': write one of TALENT_HOURS, COMPUTE, STORAGE_GB, AGENT_CREDITS,"
            " INTELLIGENCE_UNITS",
        ),
        (
            "weekly-watch",
            {"workspace": "WS-26-000021", "due-before": "2026-05-14T16:00:00"},
            "--due-before is '2026-05-14T16:00:00': write an instant such as 2026-05-14T16:00:00Z,"
            " with its seconds and its offset",
        ),
    ],
)
def test_an_invalid_option_is_named(report: str, given: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError) as refused:
        variables(REPORTS[report], given, NOW)
    assert str(refused.value) == message
