"""Case-insensitive search, the same in Python and in both databases."""

import re
import sys
from functools import cache

import pytest
from sqlalchemy import Column, MetaData, Table, Text, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.casing import containing_pattern

SEEN = Table("seen", MetaData(), Column("text", Text), Column("part", Text), prefixes=["TEMPORARY"])


@cache
def letters() -> list[str]:
    """Every letter with more than one case."""
    every = map(chr, range(sys.maxunicode + 1))
    return [one for one in every if len({one, one.lower(), one.upper(), one.title()}) > 1]


def finds(part: str, text: str) -> bool:
    return re.search(containing_pattern(part), text) is not None


async def test_every_letter_matches_all_its_cases(engine: AsyncEngine) -> None:
    cases = [{one, one.lower(), one.upper(), one.title(), one.casefold()} for one in letters()]
    rows = [
        {"text": f"a{text}z", "part": containing_pattern(part)} for these in cases for text in these for part in these
    ]
    assert len(rows) > 10_000
    async with engine.connect() as connection:
        await connection.run_sync(SEEN.create)
        await connection.execute(insert(SEEN), rows)
        missed = select(SEEN).where(~SEEN.c.text.regexp_match(SEEN.c.part))
        assert (await connection.execute(missed)).all() == []


async def test_databases_find_what_python_finds(engine: AsyncEngine) -> None:
    parts = [f"{letter}{letter}" for letter in letters()] + list("\\^$.|?*+()[]{}-_%/'\"#&~ \t\n\r\v\f:=!<>,;@`\x01")
    rows = [{"text": f"x{text}y", "part": containing_pattern(part)} for text in parts for part in parts[-60:]]
    async with engine.connect() as connection:
        await connection.run_sync(SEEN.create)
        await connection.execute(insert(SEEN), rows)
        found = select(func.count()).where(SEEN.c.text.regexp_match(SEEN.c.part))
        assert await connection.scalar(found) == sum(re.search(row["part"], row["text"]) is not None for row in rows)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("ŻÓŁW", "Żółw"),
        ("żółw", "ŻÓŁW"),
        ("STRASSE", "Hauptstraße 1"),
        ("straße", "HAUPTSTRASSE"),
        ("STRAẞE", "Hauptstraße"),
        ("ΟΔΟΣ", "οδος"),
        ("οδος", "ΟΔΟΣΑ"),
        ("i̇zmir", "İzmir"),
        ("OFFICE", "oﬃce"),
        ("ofﬁce", "OFFICE"),
        ("k", "300 \N{KELVIN SIGN}"),
        ("***=a", "***=A"),
        ("(?i)a", "(?I)A"),
    ],
)
def test_words_match_in_any_case(part: str, text: str) -> None:
    assert finds(part, text)


@pytest.mark.parametrize(("part", "text"), [("e", "é"), ("l", "ł"), ("o", "0"), (".", "a"), ("[a]", "a")])
def test_other_letters_do_not_match(part: str, text: str) -> None:
    assert not finds(part, text)
