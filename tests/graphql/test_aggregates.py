"""Aggregates: every measure of the schema equals the one computed in Python from the records."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import pytest

import schema_walker
from conftest import Execute
from podgraph.kernel.rounding import half_up, trimmed

Node = dict[str, Any]
Figure = Callable[[list[Node]], Any]


def counted(nodes: list[Node]) -> int:
    return len(nodes)


def present(nodes: list[Node], name: str) -> list[Any]:
    return [node[name] for node in nodes if node[name] is not None]


def number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def total(name: str) -> Figure:
    def figure(nodes: list[Node]) -> str | None:
        values = [Decimal(value) for value in present(nodes, name)]
        return number(trimmed(sum(values, Decimal(0)))) if values else None

    return figure


def money(name: str) -> Figure:
    def figure(nodes: list[Node]) -> Node | None:
        amounts = [value["amount"] for value in present(nodes, name)]
        return {"amount": str(sum(map(Decimal, amounts), Decimal(0))), "currency": "USD"} if amounts else None

    return figure


def mean(value: Callable[[Node], Decimal | None]) -> Figure:
    def figure(nodes: list[Node]) -> str | None:
        values = [each for node in nodes if (each := value(node)) is not None]
        return number(half_up(sum(values, Decimal(0)) / len(values), 1)) if values else None

    return figure


def hours(ticket: Node) -> Decimal | None:
    if ticket["respondedAt"] is None:
        return None
    asked, answered = (datetime.fromisoformat(ticket[name]) for name in ("createdAt", "respondedAt"))
    return Decimal(int((answered - asked).total_seconds())) / 3600


def of(name: str) -> Callable[[Node], Decimal | None]:
    return lambda node: None if node[name] is None else Decimal(node[name])


def least(name: str, key: Callable[[Any], Any] = Decimal) -> Figure:
    return lambda nodes: min(present(nodes, name), key=key, default=None)


def slowest(nodes: list[Node]) -> str | None:
    return number(max((half_up(each, 1) for node in nodes if (each := hours(node)) is not None), default=None))


def breaches(nodes: list[Node]) -> list[Node]:
    metrics = ["THROUGHPUT", "RESPONSE_TIME", "AVAILABILITY", "QUALITY_GATE"]
    return [{"metric": one, "breaches": sum(one in node["breached"] for node in nodes)} for one in metrics]


def identity(name: str) -> Callable[[Node], Any]:
    return lambda node: node[name] and node[name]["id"]


def plain(name: str) -> Callable[[Node], Any]:
    return lambda node: node[name]


def month(name: str) -> Callable[[Node], Any]:
    return lambda node: node[name] and node[name][:7]


@dataclass(frozen=True)
class Aggregate:
    """The expected aggregate and groups of a connection, computed from these fields of its records."""

    filter: str
    nodes: str
    figures: dict[str, Figure]
    keys: dict[str, tuple[str, Callable[[Node], Any]]]
    grouped: dict[str, Figure]


COUNT: dict[str, Figure] = {"count": counted}
AGGREGATES = {
    "allocations": Aggregate(
        "utilisationPercent: { gte: 90 }",
        "status resourceType capacityPool { id } serviceLine { id } committedPerWeek actualLastWeek utilisationPercent",
        COUNT
        | {
            "sumCommittedPerWeek": total("committedPerWeek"),
            "sumActualLastWeek": total("actualLastWeek"),
            "avgUtilisationPercent": mean(of("utilisationPercent")),
            "minUtilisationPercent": least("utilisationPercent"),
        },
        {
            "STATUS": ("status", plain("status")),
            "RESOURCE_TYPE": ("resourceType", plain("resourceType")),
            "POOL": ("pool", identity("capacityPool")),
            "SERVICE_LINE": ("serviceLine", identity("serviceLine")),
        },
        COUNT
        | {
            "sumCommittedPerWeek": total("committedPerWeek"),
            "avgUtilisationPercent": mean(of("utilisationPercent")),
        },
    ),
    "pods": Aggregate(
        "status: { in: [ACTIVE, PAUSED] }",
        "status deliveryModel workspace { id } costPerMonth { amount } teamSize",
        COUNT | {"sumCostPerMonth": money("costPerMonth"), "avgTeamSize": mean(of("teamSize"))},
        {
            "STATUS": ("status", plain("status")),
            "DELIVERY_MODEL": ("deliveryModel", plain("deliveryModel")),
            "WORKSPACE": ("workspace", identity("workspace")),
        },
        COUNT | {"sumCostPerMonth": money("costPerMonth")},
    ),
    "slaReports": Aggregate(
        "hasBreach: true",
        "compliancePercent breached",
        COUNT
        | {
            "avgCompliancePercent": mean(of("compliancePercent")),
            "minCompliancePercent": least("compliancePercent"),
            "breachesByMetric": breaches,
        },
        {},
        {},
    ),
    "tickets": Aggregate(
        'createdAt: { gte: "2026-01-01T00:00:00Z" }',
        "status type priority responseSla createdAt respondedAt",
        COUNT
        | {
            "avgResponseHours": mean(hours),
            "maxResponseHours": slowest,
            "breached": lambda nodes: sum(node["responseSla"] == "BREACHED" for node in nodes),
        },
        {
            "STATUS": ("status", plain("status")),
            "TYPE": ("type", plain("type")),
            "PRIORITY": ("priority", plain("priority")),
            "RESPONSE_SLA": ("responseSla", plain("responseSla")),
            "MONTH": ("month", month("createdAt")),
        },
        COUNT | {"avgResponseHours": mean(hours)},
    ),
    "deliverables": Aggregate(
        "status: { notIn: [ACCEPTED] }",
        "status scope { id } readyAt",
        COUNT | {"oldestReadyAt": least("readyAt", str)},
        {"STATUS": ("status", plain("status")), "SCOPE": ("scope", identity("scope"))},
        COUNT,
    ),
    "payments": Aggregate(
        "status: { in: [PAID, DUE] }",
        "status dueAt serviceLine { id } amount { amount }",
        COUNT | {"sumAmount": money("amount")},
        {
            "STATUS": ("status", plain("status")),
            "MONTH": ("month", month("dueAt")),
            "SERVICE_LINE": ("serviceLine", identity("serviceLine")),
        },
        COUNT | {"sumAmount": money("amount")},
    ),
}
SELECTED = {
    "sumCostPerMonth": "{ amount currency }",
    "sumAmount": "{ amount currency }",
    "breachesByMetric": "{ metric breaches }",
    "workspace": "{ id }",
    "pool": "{ id }",
    "serviceLine": "{ id }",
    "scope": "{ id }",
}
OURS = 'organizationId: { eq: "ORG-26-090500" }'


def selected(names: Any) -> str:
    return " ".join(f"{name} {SELECTED.get(name, '')}" for name in names)


def figures(made: dict[str, Figure], nodes: list[Node]) -> Node:
    return {name: figure(nodes) for name, figure in made.items()}


async def whole(execute: Execute, root: str, given: str) -> list[Node]:
    """All records that match a filter."""
    answer = await execute(f"{{ {root}(first: 100{given}) {{ totalCount nodes {{ {AGGREGATES[root].nodes} }} }} }}")
    nodes: list[Node] = answer[root]["nodes"]
    assert answer[root]["totalCount"] == len(nodes)
    return nodes


def test_every_aggregate_of_the_schema_is_tested() -> None:
    declared = {}
    for root, expected in AGGREGATES.items():
        kind: Any = schema_walker.graph().query_type.fields[root].type.of_type  # type: ignore[union-attr]
        declared[kind.fields["aggregate"].type.of_type.name] = {*expected.figures, "groups"}
    for name, kind in schema_walker.graph().type_map.items():
        if name.endswith("Aggregate"):
            assert set(kind.fields) - {"groups"} == declared.pop(name) - {"groups"}, name
    assert not declared


@pytest.mark.parametrize("filtered", [False, True], ids=["all", "filtered"])
@pytest.mark.parametrize("root", AGGREGATES)
async def test_measures_cover_all_matches_on_any_page(execute: Execute, root: str, filtered: bool) -> None:
    expected = AGGREGATES[root]
    given = f", filter: {{ {expected.filter} }}" if filtered else ""
    nodes = await whole(execute, root, given)
    asked = f"totalCount aggregate {{ {selected(expected.figures)} }}"
    answer = await execute(
        f"""{{ page: {root}(first: 1{given}) {{ nodes {{ __typename }} {asked} }}
               last: {root}(last: 2{given}) {{ edges {{ cursor }} {asked} }}
               none: {root}(first: 3{given}) {{ {asked} }} }}"""
    )
    assert len(nodes) > 2
    for page in answer.values():
        assert page["aggregate"] == figures(expected.figures, nodes)
        assert page["totalCount"] == len(nodes)


@pytest.mark.parametrize("root", [root for root, one in AGGREGATES.items() if one.keys])
@pytest.mark.parametrize("filtered", [False, True], ids=["all", "filtered"])
async def test_groups_by_each_key_and_by_all_add_up_to_the_total(execute: Execute, root: str, filtered: bool) -> None:
    expected = AGGREGATES[root]
    given = f", filter: {{ {expected.filter} }}" if filtered else ""
    nodes = await whole(execute, root, given)
    for by in [[key] for key in expected.keys] + [list(expected.keys), list(expected.keys)[::-1]]:
        names = [expected.keys[key][0] for key in by]
        answer = await execute(
            f"""{{ {root}(first: 1{given}) {{ aggregate {{
                groups(by: [{" ".join(by)}]) {{ {selected([*names, *expected.grouped])} }} }} }} }}"""
        )
        groups = answer[root]["aggregate"]["groups"]
        assert groups == grouped(expected, by, nodes)
        assert sum(group["count"] for group in groups) == len(nodes)


def grouped(expected: Aggregate, by: list[str], nodes: list[Node]) -> list[Node]:
    """The groups in the order of their keys, those without one last."""

    def keys(node: Node) -> list[Any]:
        return [expected.keys[key][1](node) for key in by]

    def place(node: Node) -> list[Any]:
        return [(value is None, value) for value in keys(node)]

    groups = []
    for _, same in groupby(sorted(nodes, key=place), place):
        members = list(same)
        names = [expected.keys[key][0] for key in by]
        values = [
            {"id": value} if value and name in SELECTED else value
            for name, value in zip(names, keys(members[0]), strict=True)
        ]
        groups.append(dict(zip(names, values, strict=True)) | figures(expected.grouped, members))
    return groups


@pytest.mark.parametrize("root", AGGREGATES)
async def test_empty_connection_has_empty_measures(execute: Execute, root: str) -> None:
    expected = AGGREGATES[root]
    nothing = 'filter: { podId: { eq: "x" } }' if root == "slaReports" else 'filter: { organizationId: { eq: "x" } }'
    groups = ""
    if expected.keys:
        groups = f"groups(by: [{' '.join(expected.keys)}]) {{ count }}"
    answer = await execute(
        f"{{ {root}({nothing}) {{ nodes {{ __typename }} totalCount"
        f" aggregate {{ {selected(expected.figures)} {groups} }} }} }}"
    )
    empty = figures(expected.figures, []) | ({"groups": []} if expected.keys else {})
    assert answer[root] == {"nodes": [], "totalCount": 0, "aggregate": empty}


async def test_nested_measures_are_computed_per_parent(execute: Execute) -> None:
    answer = await execute(
        """{ capacityPools { nodes { id allocations(first: 1, filter: { status: { notIn: [CLOSED] } }) {
            nodes { id }
            aggregate { count sumCommittedPerWeek groups(by: [STATUS]) { status count } }
        } } } }"""
    )
    pools = {pool["id"]: pool["allocations"]["aggregate"] for pool in answer["capacityPools"]["nodes"]}
    assert pools == {
        "CAP-26-000112": {
            "count": 4,
            "sumCommittedPerWeek": "160",
            "groups": [{"status": "ACTIVE", "count": 4}],
        },
        "CAP-26-000120": {
            "count": 6,
            "sumCommittedPerWeek": "500",
            "groups": [{"status": "ACTIVE", "count": 5}, {"status": "PAUSED", "count": 1}],
        },
        "CAP-26-000198": {
            "count": 1,
            "sumCommittedPerWeek": "10384.6154",
            "groups": [{"status": "ACTIVE", "count": 1}],
        },
    }


async def test_parent_without_records_has_empty_measures(execute: Execute) -> None:
    answer = await execute(
        """{ pods(filter: { status: { eq: SCOPING } }) { nodes { tickets {
            totalCount nodes { id } aggregate { count breached avgResponseHours groups(by: [TYPE]) { count } }
        } } } }"""
    )
    nothing: Node = {"count": 0, "breached": 0, "avgResponseHours": None, "groups": []}
    assert answer["pods"]["nodes"] == [
        {"tickets": {"totalCount": 0, "nodes": [], "aggregate": nothing}},
        {"tickets": {"totalCount": 0, "nodes": [], "aggregate": nothing}},
    ]


async def test_records_without_a_key_form_the_last_group(execute: Execute) -> None:
    answer = await execute("{ payments { aggregate { groups(by: [SERVICE_LINE]) { serviceLine { id } count } } } }")
    assert [tuple(group.values()) for group in answer["payments"]["aggregate"]["groups"]] == [
        ({"id": "LIN-25-092211"}, 2),
        ({"id": "LIN-26-092200"}, 2),
        ({"id": "LIN-26-092208"}, 2),
        ({"id": "LIN-26-092209"}, 2),
        ({"id": "LIN-26-092210"}, 2),
        (None, 4),
    ]


async def test_mean_is_rounded_half_up(execute: Execute) -> None:
    answer = await execute(
        """{ allocations(filter: { serviceLineId: { in: ["LIN-25-092207", "LIN-26-092205"] } }) {
            nodes { utilisationPercent } aggregate { avgUtilisationPercent } } }"""
    )
    assert [one["utilisationPercent"] for one in answer["allocations"]["nodes"]] == ["99.4", "98.3"]
    assert answer["allocations"]["aggregate"] == {"avgUtilisationPercent": "98.9"}


async def test_repeated_key_groups_once(execute: Execute) -> None:
    answer = await execute(
        """{ pods { aggregate { once: groups(by: [STATUS]) { status count }
                                twice: groups(by: [STATUS, STATUS]) { status count } } } }"""
    )
    assert answer["pods"]["aggregate"]["once"] == answer["pods"]["aggregate"]["twice"]
    assert [group["count"] for group in answer["pods"]["aggregate"]["once"]] == [2, 1, 1, 1, 2]
