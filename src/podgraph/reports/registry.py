"""The ten reports: each is a GraphQL document with options for its variables.

The documents are the `.graphql` files in `documents/`, which also run unchanged in the playground; the comment
at the top of each is its title and description.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from podgraph.capacity.lifecycle import ResourceType
from podgraph.kernel.ids import prefix_of
from podgraph.kernel.notation import read_day, read_decimal, read_instant
from podgraph.kernel.periods import Period

DAY = timedelta(days=1)


class OptionError(ValueError):
    """An option of a report is missing, unknown or invalid; the message describes the expected value."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option of a report.

    `read` parses its text (raising a ValueError), `fills` sets variables from the value. `default` computes the
    value of an omitted option from the values of the options before it and the time; an option without
    `default` is required.
    """

    option: str
    help: str
    read: Callable[[str], Any]
    fills: Mapping[str, Callable[[Any], str]]
    default: Callable[[Mapping[str, Any], datetime], Any] | None = None

    @property
    def required(self) -> bool:
        return self.default is None


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its document and its options.

    As a table, its rows are the records at the dotted path `rows` of the response, and its columns are the
    dotted paths `columns` of each record.
    """

    name: str
    title: str
    sentence: str
    document: str
    parameters: tuple[Parameter, ...]
    rows: str
    columns: tuple[str, ...]


def variables(report: Report, given: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The variables of a report's document for the given options; an OptionError names an invalid option."""
    known = {parameter.option for parameter in report.parameters}
    for option in given.keys() - known:
        listed = ", ".join(f"--{each.option}" for each in report.parameters)
        raise OptionError(f"{report.name} has no option --{option}. Options: {listed}")
    values: dict[str, Any] = {}
    filled: dict[str, str] = {}
    for parameter in report.parameters:
        value = _value(report, parameter, given.get(parameter.option), values, now)
        values[parameter.option] = value
        filled |= {name: write(value) for name, write in parameter.fills.items()}
    return filled


def _value(report: Report, parameter: Parameter, text: str | None, before: Mapping[str, Any], now: datetime) -> Any:
    if text is not None:
        try:
            return parameter.read(text)
        except ValueError as error:
            raise OptionError(f"--{parameter.option} is '{text}': {error}") from None
    if parameter.default is None:
        raise OptionError(f"{report.name} requires --{parameter.option}: {parameter.help}")
    return parameter.default(before, now)


def _identity(prefix: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if prefix_of(text) != prefix:
            raise ValueError(f"write an id such as {prefix}-26-000008")
        return text

    return read


def _period(months: int, example: str) -> Callable[[str], Period]:
    def read(text: str) -> Period:
        try:
            period = Period.parse(text)
        except ValueError:
            period = None
        if period is None or period.months != months:
            raise ValueError(f"write {example}")
        return period

    return read


_month = _period(1, "a month such as 2026-04")
_quarter = _period(3, "a quarter such as 2026-Q3")


def _resource_type(text: str) -> ResourceType:
    try:
        return ResourceType[text]
    except KeyError:
        raise ValueError(f"write one of {', '.join(ResourceType)}") from None


def _last_day(period: Period) -> date:
    return period.next.first_day - DAY


def _end_of_day(day: date) -> str:
    # The end is the last second of the period, as in the reference documents, not the following midnight.
    return datetime.combine(day, time(23, 59, 59), UTC).isoformat()


def _this_month(now: datetime) -> Period:
    return Period.of(now.date())


def _this_quarter(now: datetime) -> Period:
    return Period(now.year, now.month - (now.month - 1) % 3, 3)


ORGANIZATION = Parameter(
    "organization", "Organization id, e.g. ORG-26-090500.", _identity("ORG"), {"organization": str}
)
WORKSPACE = Parameter("workspace", "Workspace id, e.g. WS-26-000021.", _identity("WS"), {"workspace": str})
POD = Parameter("pod", "Pod id, e.g. POD-26-000008.", _identity("POD"), {"pod": str})
REQUEST = Parameter("request", "Outcome request id, e.g. OREQ-26-000041.", _identity("OREQ"), {"request": str})


def _days(number: int, called: str) -> tuple[Parameter, Parameter]:
    """The options of a range of days, by default the last `number` days."""
    return (
        Parameter(
            "from",
            f"First day, e.g. 2026-05-08. Default: {called}.",
            read_day,
            {"from": str},
            lambda _, now: now.date() - (number - 1) * DAY,
        ),
        Parameter(
            "to",
            "Last day, inclusive, e.g. 2026-05-14. Default: today.",
            read_day,
            {"to": str},
            lambda _, now: now.date(),
        ),
    )


def _report(name: str, parameters: tuple[Parameter, ...], rows: str, columns: str) -> Report:
    document = files("podgraph.reports").joinpath("documents", f"{name}.graphql").read_text("utf-8")
    title, sentence = (line.removeprefix("# ") for line in document.splitlines()[:2])
    return Report(name, title, sentence, document, parameters, rows, tuple(columns.split()))


_ALL = (
    _report(
        "monthly-sla-review",
        (
            POD,
            Parameter(
                "period",
                "Month, e.g. 2026-04. Default: last month.",
                _month,
                {
                    "period": str,
                    "from": lambda month: str(month.first_day),
                    "to": lambda month: str(_last_day(month)),
                    "start": lambda month: month.start.isoformat(),
                    "end": lambda month: month.end.isoformat(),
                },
                lambda _, now: _this_month(now).shifted(-1),
            ),
        ),
        "pod.slaReport.metrics",
        "metric target actual attainmentPercent tolerancePercent status explanation",
    ),
    _report(
        "capacity-planning",
        (
            WORKSPACE,
            Parameter(
                "resource-type",
                "Resource type. Default: TALENT_HOURS.",
                _resource_type,
                {"type": str},
                lambda _before, _now: ResourceType.TALENT_HOURS,
            ),
            Parameter(
                "quarter",
                "Quarter, e.g. 2026-Q3. Default: next quarter.",
                _quarter,
                {"quarter": str},
                lambda _, now: _this_quarter(now).next,
            ),
            Parameter(
                "until",
                "Last day on which freed capacity is considered. Default: the last day of the quarter.",
                read_day,
                {"until": _end_of_day},
                lambda before, _: _last_day(before["quarter"]),
            ),
        ),
        "workspace.capacityPools.nodes.allocations.nodes",
        "id committedPerWeek actualLastWeek utilisationPercent endsAt"
        " serviceLine.id serviceLine.name serviceLine.status",
    ),
    _report(
        "acceptance-queue",
        (ORGANIZATION,),
        "deliverables.nodes",
        "id title attempt readyAt reviewAgeHours isLastOpen latestSubmission.submittedAt"
        " cycle.id cycle.name cycle.plannedEnd cycle.overdue"
        " scope.id scope.title scope.fixedPrice.amount scope.fixedPrice.currency",
    ),
    _report(
        "renewal-decision",
        (POD, *_days(365, "a year ago")),
        "pod.slaReports.nodes",
        "period compliancePercent breached",
    ),
    _report(
        "under-utilised",
        (
            WORKSPACE,
            Parameter(
                "threshold",
                "Utilisation in percent below which allocations are listed. Default: 70.",
                read_decimal,
                {"threshold": str},
                lambda _before, _now: Decimal(70),
            ),
        ),
        "allocations.nodes",
        "id committedPerWeek actualLastWeek utilisationPercent weeksBelow"
        " estimatedWastePerMonth.amount estimatedWastePerMonth.currency"
        " capacityPool.id capacityPool.available"
        " serviceLine.id serviceLine.name serviceLine.status serviceLine.source.id",
    ),
    _report(
        "orphaned-allocations",
        (ORGANIZATION,),
        "organization.orphaned.nodes",
        "id status committedPerWeek serviceLine.id serviceLine.name serviceLine.status serviceLine.endedAt"
        " capacityPool.id capacityPool.allocated capacityPool.available",
    ),
    _report(
        "organization-spend",
        (
            ORGANIZATION,
            Parameter(
                "from",
                "First month, e.g. 2025-06. Default: 11 months ago.",
                _month,
                {"from": str},
                lambda _, now: _this_month(now).shifted(-11),
            ),
            Parameter(
                "to",
                "Last month, inclusive, e.g. 2026-05. Default: this month.",
                _month,
                {"to": str},
                lambda _, now: _this_month(now),
            ),
        ),
        "organization.spend.byServiceLine",
        "serviceLine.id serviceLine.name serviceLine.executionModel serviceLine.status"
        " serviceLine.workspace.id serviceLine.workspace.name total.amount total.currency",
    ),
    _report(
        "weekly-watch",
        (
            WORKSPACE,
            *_days(7, "6 days ago"),
            Parameter(
                "due-before",
                "Responses due before this instant are late. Default: now.",
                read_instant,
                {"dueBefore": datetime.isoformat},
                lambda _, now: now,
            ),
        ),
        "workspace.pods.nodes",
        "id name late.totalCount serviceLine.id"
        " serviceLine.health.score serviceLine.health.band serviceLine.health.risk"
        " serviceLine.usage.totalCost.amount serviceLine.usage.totalCost.currency"
        " serviceLine.incidents.totalCount",
    ),
    _report(
        "overbooked-talent",
        (ORGANIZATION,),
        "organization.talent.nodes",
        "id title committedHoursPerWeek weeklyHoursLimit",
    ),
    _report(
        "engagement-dossier",
        (REQUEST,),
        "outcomeRequest.scope.cycles.nodes.deliverables.nodes",
        "id title status attempt",
    ),
)

REPORTS: Mapping[str, Report] = {report.name: report for report in _ALL}
"""Reports by name."""
