"""Answers as people and programs read them."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from podgraph.reports.present import Format, write
from podgraph.reports.registry import Report

REPORT = Report(
    "pod-watch",
    "Pod watch",
    "Pods and what they cost.",
    "query { pod { id } }",
    (),
    "pod.tickets.nodes",
    ("id", "title", "late", "price.amount", "price.currency", "author.name", "tags"),
)

POD = {
    "id": "POD-26-000008",
    "name": "Payments",
    "costPerMonth": {"amount": "38000.00", "currency": "USD"},
    "serviceLine": {
        "id": "LIN-26-088401",
        "endedAt": None,
        "health": {"score": 92, "signals": [{"kind": "sla", "weightPercent": "25.0"}]},
    },
    "breached": ["QUALITY_GATE"],
    "tickets": {
        "totalCount": 2,
        "aggregate": {"avgResponseHours": "1.8", "groups": []},
        "nodes": [
            {
                "id": "TKT-26-000001",
                "title": "Refund [b]twice[/b]; urgent",
                "late": False,
                "price": {"amount": "12.50", "currency": "USD"},
                "author": None,
                "tags": [],
                "createdAt": "2026-04-02T09:30:00Z",
            },
            {
                "id": "TKT-26-000002",
                "title": 'Log "no", now',
                "late": True,
                "price": {"amount": "1000.00", "currency": "USD"},
                "author": {"name": "Ada"},
                "tags": ["api", "web"],
                "createdAt": "2026-04-03T10:00:30Z",
            },
        ],
    },
}


def written(data: dict[str, Any], form: Format, width: int = 100) -> str:
    file = StringIO()
    write(Console(file=file, width=width), REPORT, data, form)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def test_table_format_has_panels_and_tables() -> None:
    assert (
        written({"pod": POD}, Format.TABLE)
        == """\
Pod watch
Pods and what they cost. Times are in UTC.
╭─ pod POD-26-000008 ──────────────────────────────────────────────────────────────────────────────╮
│ id                         POD-26-000008                                                         │
│ name                       Payments                                                              │
│ cost per month             38000.00 USD                                                          │
│ service line id            LIN-26-088401                                                         │
│ service line ended at      –                                                                     │
│ service line health score  92                                                                    │
│ breached                   QUALITY_GATE                                                          │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯

service line health signals
kind  weight percent
────────────────────
sla             25.0

tickets
id             title                  late        price  author name  tags      created at
──────────────────────────────────────────────────────────────────────────────────────────────────
TKT-26-000001  Refund [b]twice[/b];   no      12.50 USD  –            none      2026-04-02 09:30
               urgent
TKT-26-000002  Log "no", now          yes   1000.00 USD  Ada          api, web  2026-04-03
                                                                                10:00:30
total count 2 · avg response hours 1.8 · groups none
"""
    )


def test_the_lists_of_a_row_follow_its_table() -> None:
    pod = {"id": "POD-26-000008", "late": {"nodes": [], "totalCount": 0}, "team": [{"role": "qa_engineer"}]}
    assert (
        written({"pods": {"totalCount": 1, "nodes": [pod]}}, Format.TABLE, width=50)
        == """\
Pod watch
Pods and what they cost. Times are in UTC.

pods
id
─────────────
POD-26-000008
total count 1

POD-26-000008 late: none

POD-26-000008 team
role
───────────
qa_engineer
"""
    )


TEAM = [{"id": "SCR-128491", "role": "senior_backend_engineer", "committedHoursPerWeek": "80"}]


def test_an_enum_value_wraps_after_an_underscore() -> None:
    assert (
        written({"pod": {"name": "Payments", "team": TEAM}}, Format.TABLE, width=44)
        == """\
Pod watch
Pods and what they cost. Times are in UTC.
╭─ pod Payments ───────────────────────────╮
│ name  Payments                           │
╰──────────────────────────────────────────╯

team
                           committed hours
id          role                  per week
──────────────────────────────────────────
SCR-128491  senior_                     80
            backend_
            engineer
"""
    )


def test_rows_too_wide_for_a_table_are_panels() -> None:
    assert (
        written({"pod": {"name": "Payments", "team": TEAM}}, Format.TABLE, width=30)
        == """\
Pod watch
Pods and what they cost. Times
are in UTC.
╭─ pod Payments ─────────────╮
│ name  Payments             │
╰────────────────────────────╯

team
╭─ SCR-128491 ───────────────╮
│ id           SCR-128491    │
│ role         senior_backen │
│              d_engineer    │
│ committed    80            │
│ hours per                  │
│ week                       │
╰────────────────────────────╯
"""
    )


def test_a_missing_record_is_reported() -> None:
    assert written({"pod": None}, Format.TABLE).endswith("No pod with this id is visible to you.\n")


def test_csv_format_has_the_main_list_with_exact_figures() -> None:
    assert (
        written({"pod": POD}, Format.CSV)
        == """\
id,title,late,price.amount,price.currency,author.name,tags
TKT-26-000001,Refund [b]twice[/b]; urgent,false,12.50,USD,,
TKT-26-000002,"Log ""no"", now",true,1000.00,USD,Ada,api; web
"""
    )


CELLS = json.loads((Path(__file__).parent / "cells.json").read_text())
"""Values and their cells, which the console's downloads have as well."""


@pytest.mark.parametrize("example", CELLS, ids=lambda example: repr(example["value"]))
def test_formulas_are_escaped_and_numbers_unchanged(example: Any) -> None:
    file = StringIO()
    report = replace(REPORT, rows="rows", columns=("id", "value"))
    write(Console(file=file), report, {"rows": [{"id": "one", "value": example["value"]}]}, Format.CSV)
    assert file.getvalue() == f"id,value\none,{example['cell']}\n"


def test_a_csv_without_rows_still_has_its_header() -> None:
    header = written({"pod": None}, Format.CSV)
    assert header == "id,title,late,price.amount,price.currency,author.name,tags\n"


def test_json_format_is_the_response() -> None:
    answer = {"pod": {"name": "Café [red]", "costPerMonth": {"amount": "38000.00"}, "endedAt": None}}
    assert (
        written(answer, Format.JSON, width=20)
        == """\
{
  "pod": {
    "name": "Café [red]",
    "costPerMonth": {
      "amount": "38000.00"
    },
    "endedAt": null
  }
}
"""
    )
