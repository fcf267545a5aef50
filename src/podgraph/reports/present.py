"""Output of a report: tables, JSON, or CSV.

object   a panel of its plain values, those of the objects that it leads to among them
list     a table, or a panel for each element where a table would be too wide; then their own lists
page     the list of its nodes, its figures below it
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from podgraph.reports.registry import Report

NOTHING = "–"
"""Text of a missing value in a table."""

_PAGE_PARTS = frozenset({"nodes", "aggregate"})
_PANEL_EDGE = 4
_COLUMN_GAP = 2
_WORD = re.compile(r"[^\s_]+_?|_|^$")
_NUMBER = re.compile(rf"{NOTHING}|-?\d+(\.\d+)?( [A-Z]{{3}})?")
_FORMULA = re.compile(r"(?!-?[0-9]+(\.[0-9]+)?\Z)[=+\-@\t\r\n＝＋－＠]")
_SPECIAL = re.compile(r'[",\r\n]')
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?Z")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMES = ("id", "name", "key", "number", "period")


class Format(StrEnum):
    """Output format: panels and tables, the response as JSON, or its main list as CSV."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def write(console: Console, report: Report, data: Mapping[str, Any], form: Format) -> None:
    """Write a report, the `data` of its response, to a console."""
    match form:
        case Format.TABLE:
            console.print(_page(report, data, console.width))
        case Format.JSON:
            console.out(json.dumps(data, indent=2, ensure_ascii=False), highlight=False)
        case Format.CSV:
            # Bypass the console, which would replace tabs and drop control characters.
            console.file.write(_csv(report, data))


def _csv(report: Report, data: Mapping[str, Any]) -> str:
    rows = _at(data, report.rows.split("."))
    cells = ([_cell(row, column.split(".")) for column in report.columns] for row in rows)
    return "".join(f"{','.join(line)}\n" for line in chain([report.columns], cells))


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """All values at a path, flattening lists."""
    if isinstance(value, list):
        for element in value:
            yield from _at(element, path)
    elif value is not None and path:
        yield from _at(value[path[0]], path[1:])
    elif value is not None:
        yield value


def _cell(row: Any, path: Sequence[str]) -> str:
    """A CSV cell. The apostrophe prevents spreadsheets from interpreting text as a formula (CSV injection)."""
    text = "; ".join(_exact(value) for value in _at(row, path))
    safe = f"'{text}" if _FORMULA.match(text) else text
    return '"' + safe.replace('"', '""') + '"' if _SPECIAL.search(safe) else safe


def _exact(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


@dataclass
class _Parts:
    """The scalar values and the lists of an object, by dotted name."""

    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[list[Any], dict[str, str]]] = field(default_factory=dict)


def _parts(record: Mapping[str, Any], prefix: str = "") -> _Parts:
    parts = _Parts()
    for key, value in record.items():
        _add(parts, prefix + key, value)
    return parts


def _add(parts: _Parts, name: str, value: Any) -> None:
    match value:
        case {"amount": _} if value.keys() <= {"amount", "currency"}:
            parts.values[name] = " ".join(map(str, value.values()))
        case {"nodes": nodes}:
            figures = _parts({key: figure for key, figure in value.items() if key not in _PAGE_PARTS})
            _merge(figures, _parts(value.get("aggregate") or {}))
            parts.lists[name] = nodes, figures.values
            parts.lists |= {f"{name}.{key}": below for key, below in figures.lists.items()}
        case dict():
            _merge(parts, _parts(value, f"{name}."))
        case [dict(), *_]:
            parts.lists[name] = value, {}
        case list():
            parts.values[name] = ", ".join(map(_text, value)) or "none"
        case _:
            parts.values[name] = _text(value)


def _merge(parts: _Parts, more: _Parts) -> None:
    parts.values |= more.values
    parts.lists |= more.lists


def _text(value: Any) -> str:
    match value:
        case None | "":
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case str() if instant := _INSTANT.fullmatch(value):
            day, minute, second = instant.groups()
            return f"{day} {minute}{'' if second in (None, ':00') else second}"
        case _:
            return str(value)


def _words(name: str) -> str:
    """The words of a path: `serviceLine.openIncidents` becomes `service line open incidents`."""
    plain = name.replace("__typename", "kind").replace("aggregate.", "").replace(".", " ")
    return _CAPITAL.sub(" ", plain).lower()


def _page(report: Report, data: Mapping[str, Any], width: int) -> Group:
    below = chain.from_iterable(_root(name, value, width) for name, value in data.items())
    head = Text.assemble((report.title, "bold"), "\n", report.sentence, " Times are in UTC.")
    return Group(head, *below)


def _root(name: str, value: Any, width: int) -> Iterator[RenderableType]:
    if value is None:
        yield Text(f"\nNo {_words(name)} with this id is visible to you.")
    elif "nodes" in value:
        yield from _lists(_parts({name: value}), width)
    else:
        parts = _parts(value)
        if parts.values:
            yield _panel(parts.values, _words(name), _grid(parts.values))
        yield from _lists(parts, width)


def _panel(values: Mapping[str, str], kind: str, *inside: RenderableType) -> Panel:
    return Panel(Group(*inside), title=Text(f"{kind} {_name(values)}".strip(), "bold"), title_align="left")


def _name(values: Mapping[str, str]) -> str:
    return next((values[key] for key in _NAMES if key in values), "")


def _grid(values: Mapping[str, str]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for name, value in values.items():
        grid.add_row(_words(name), Text(value))
    return grid


def _lists(parts: _Parts, width: int, of: str = "") -> Iterator[RenderableType]:
    for name, (elements, figures) in parts.lists.items():
        title = f"{of} {_words(name)}".strip()
        yield Text(f"\n{title}{'' if elements else ': none'}", "bold")
        if elements:
            caption = " · ".join(f"{_words(key)} {value}" for key, value in figures.items())
            yield from _elements([_parts(element) for element in elements], caption, width)


def _elements(elements: Sequence[_Parts], caption: str, width: int) -> Iterator[RenderableType]:
    below = {name for parts in elements for name in parts.lists}
    rows = [{key: value for key, value in parts.values.items() if key not in below} for parts in elements]
    columns = _columns(rows)
    widths = _widths([[_words(name), *(row.get(name, "") for row in rows)] for name in columns], width)
    if widths:
        yield _table(rows, dict(zip(columns, widths, strict=True)))
    else:
        for parts in elements:
            yield _panel(parts.values, "", _grid(parts.values), *_lists(parts, width - _PANEL_EDGE))
    if caption:
        yield Text(caption, "italic")
    if widths:
        for parts in elements:
            yield from _lists(parts, width, _name(parts.values))


def _columns(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The columns of all rows. An object that is null in one row has the columns of the other rows."""
    names = dict.fromkeys(chain.from_iterable(rows))
    fields = list(dict.fromkeys(name.split(".")[0] for name in names))
    leaves = [name for name in names if not any(other.startswith(f"{name}.") for other in names)]
    return sorted(leaves, key=lambda name: fields.index(name.split(".")[0]))


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """The column widths in characters; empty if the room is too small for the longest words.

    Every column is at least as wide as its longest word. The remaining room goes to the columns that need
    least, and is then shared by the columns with long texts.
    """
    least = [max(cell_len(word) for text in texts for word in _WORD.findall(text)) for texts in columns]
    wanted = [max(map(cell_len, texts)) for texts in columns]
    spare = room - sum(least) - _COLUMN_GAP * len(columns)
    if spare < 0:
        return []
    widths = list(least)
    for left, n in enumerate(sorted(range(len(columns)), key=lambda n: wanted[n] - least[n])):
        more = min(wanted[n] - least[n], spare // (len(columns) - left))
        widths[n] += more
        spare -= more
    return widths


def _table(rows: Sequence[Mapping[str, str]], widths: Mapping[str, int]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _COLUMN_GAP - 1, 0, 0))
    for name, width in widths.items():
        numbers = all(_NUMBER.fullmatch(row.get(name, NOTHING)) for row in rows)
        table.add_column(Text(_words(name)), width=width, justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(_wrapped(row.get(name, NOTHING), width) for name, width in widths.items()))
    return table


def _wrapped(text: str, width: int) -> Text:
    # An enum value may be wider than its column; it is wrapped after an underscore.
    def broken(word: re.Match[str]) -> str:
        return word[0] if len(word[0]) <= width else re.sub(rf"(.{{1,{width}}}(?<=_))(?=.)", r"\1\n", word[0])

    return Text(re.sub(r"\S+", broken, text))
