"""Alphabetical order of names, the same in Python and in both databases."""

import sys
import unicodedata
from random import Random

import pytest
from sqlalchemy import Column, MetaData, Table, Text, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.alphabet import sort_key

GIVEN = Table("given", MetaData(), Column("text", Text), prefixes=["TEMPORARY"])


@pytest.mark.parametrize(
    "words",
    [
        "alpha äther Zeta",
        "alpha Alpha alphabet",
        "cafe Cafe café Café cafes",
        "cote coté côte côté",
        "lodz Lodz Łódź Luck Ługi",
        "Strafe Straße Strata",
        "Aether Æther Afrika",
        "zebra Żółw żuk zzz",
        "_x -x !x 'x' (x) 10 1x 9 alpha Ωmega ель жук",
        "ежи ёжик ёлка ель",
        "игра йод кот",
        "Ἀθῆναι βάρος Ωμέγα",
        "Ankara İzmir izmit",
        "Åse Asen Øre Pær",
    ],
)
def test_words_are_in_dictionary_order(words: str) -> None:
    ordered = words.split()
    for seed in range(5):
        mixed = Random(seed).sample(ordered, len(ordered))
        assert sorted(mixed, key=lambda word: str(sort_key(word))) == ordered


def test_space_sorts_before_letters() -> None:
    assert str(sort_key("data pod")) < str(sort_key("data-pod")) < str(sort_key("database"))


def test_composed_and_decomposed_names_have_equal_keys() -> None:
    for name in ("Żółw", "café", "ﬁn", "Ⅸ", "Йод"):
        keys = {sort_key(unicodedata.normalize(form, name)) for form in ("NFC", "NFD")}
        assert len(keys) == 1
    assert sort_key(None) is None


async def test_databases_compute_equal_keys(engine: AsyncEngine) -> None:
    letters = [
        letter
        for letter in map(chr, range(1, sys.maxunicode + 1))
        if unicodedata.category(letter) not in ("Cn", "Cs", "Co")
        and (unicodedata.normalize("NFKD", letter) != letter or ord(letter) < 0x3000)
        and not "\uac00" < letter < "\ud700"
    ]
    random = Random(11)
    words = ["".join(random.choices(letters, k=random.randint(0, 9))) for _ in range(3000)]
    long = ["x" * 1000, "ﷺ" * 400, "각" * 400, "\U0001f680" * 400, "É" * 400]
    given = [*(f"a{letter}b" for letter in letters), *words, *long]
    async with engine.connect() as connection:
        await connection.run_sync(GIVEN.create)
        await connection.execute(insert(GIVEN), [{"text": one} for one in given])
        made = (await connection.execute(select(GIVEN.c.text, func.alphabetical(GIVEN.c.text)))).all()
    assert len(made) == len(given) > 10_000
    assert [(one, key) for one, key in made if sort_key(one) != key] == []
    assert max(len(str(key).encode()) for _, key in made) < 2600


@pytest.mark.writes
async def test_key_is_maintained_after_any_write(demo_engine: AsyncEngine) -> None:
    async with demo_engine.begin() as connection:
        await connection.execute(text("UPDATE pod SET name = 'Żółw' WHERE id = 'POD-26-000008'"))
        await connection.execute(text("UPDATE talent SET title = NULL"))
        await connection.execute(text("UPDATE project SET name = upper(name)"))
    async with demo_engine.connect() as connection:
        for table, column in (("pod", "name"), ("project", "name"), ("talent", "title")):
            rows = (await connection.execute(text(f"SELECT {column}, {column}_order FROM {table}"))).all()
            assert rows
            assert [key for _, key in rows] == [sort_key(name) for name, _ in rows]


async def test_index_provides_the_first_names(engine: AsyncEngine) -> None:
    page = "SELECT id FROM pod WHERE organization_id = 'A' ORDER BY name_order, id LIMIT 20"
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}[engine.dialect.name]
    async with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text("SET enable_seqscan = off"))
            await connection.execute(text("SET enable_bitmapscan = off"))
        plan = str((await connection.execute(text(f"{explain} {page}"))).all())
    assert "ix_pod_organization_id_name_order" in plan
