"""JSON that is read exactly: every number is the one that was written, or is refused."""

import json
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from podgraph.limits.value_limits import read_json
from podgraph.settings import Settings
from serving import OWNER, SECRET, listening, serving

USED = "query ($used: Decimal) { allocations(filter: { utilisationPercent: { eq: $used } }) { totalCount } }"
EVENTS = 'subscription ($after: Int) { events(organizationId: "ORG-26-090500", afterSequence: $after) { id } }'


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("38.5", 38.5),
        ("38.50", 38.5),
        ("5.0", 5.0),
        ("5.00000000000000000000", 5.0),
        ("0.1", 0.1),
        ("1e22", 1e22),
        ("0e-999", 0.0),
        ("7", 7),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709551616),
        ("52.00000000000000001", Decimal("52.00000000000000001")),
        ("0.30000000000000004", 0.30000000000000004),
        ("0.3000000000000000444", Decimal("0.3000000000000000444")),
        ("9007199254740993.0", Decimal("9007199254740993.0")),
        ("1e-400", Decimal("1e-400")),
    ],
)
@pytest.mark.parametrize("form", ["%s", "[1, %s]", '{"a": {"b": [%s]}}'])
def test_a_number_is_a_float_only_if_exact(form: str, text: str, number: Any) -> None:
    for written in (form % text, (form % text).encode()):
        value = read_json(written)
        expected = json.loads(form % "null")
        assert _inside(value) == number
        assert type(_inside(value)) is type(number)
        assert type(value) in (type(expected), type(number))


def _inside(value: Any) -> Any:
    while isinstance(value, list | dict):
        value = (list(value.values()) if isinstance(value, dict) else value)[-1]
    return value


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[0.5, NaN]",
        "[0.5, Infinity]",
        "[0.5, 1e999]",
        "[0.5, 1e-99999999999999999999]",
        '[0.5, "\\ud800"]',
        "[0.5" + ", [" * 1000 + "]" * 1001,
        "[0.5" + ", [" * 5000 + "]" * 5001,
        "0.5 0.5",
        "",
    ],
    ids=lambda text: text[:20],
)
def test_invalid_json_is_rejected_with_or_without_floats(text: str) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        read_json(text)


def test_other_values_are_read_as_by_orjson() -> None:
    plain = '{"a": [null, true, "Żółw", {"": "\\u20ac"}], "a": {"b": "1.50"}}'
    assert read_json(f"[{plain}, 0.5]") == [read_json(plain), 0.5]


@pytest.mark.parametrize(
    ("used", "found"),
    [("98.8", 2), ("98.80", 2), ("988e-1", 2), ("98.80000000000000001", 0), ("98.79999999999999999999", 0)],
)
@pytest.mark.parametrize("by", ["GET", "POST"])
async def test_a_request_reads_exact_numbers(demo_url: str, by: str, used: str, found: int) -> None:
    variables = f'{{"used": {used}}}'
    async with serving(Settings(demo_url, SECRET, demo=True)) as client:
        answer: httpx.Response
        if by == "GET":
            answer = await client.get("/graphql", params={"query": USED, "variables": variables})
        else:
            body = f'{{"query": {json.dumps(USED)}, "variables": {variables}}}'
            answer = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["data"] == {"allocations": {"totalCount": found}}


async def test_a_socket_reads_exact_numbers(demo_url: str) -> None:
    protocols = [Subprotocol("graphql-transport-ws")]
    asked = f'{{"query": {json.dumps(EVENTS)}, "variables": {{"after": 0.99999999999999999999}}}}'
    async with (
        listening(Settings(demo_url, SECRET)) as address,
        connect(f"ws://{address}/graphql", subprotocols=protocols) as socket,
    ):
        init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {OWNER}"}}
        await socket.send(json.dumps(init))
        await socket.recv()
        await socket.send(f'{{"id": "1", "type": "subscribe", "payload": {asked}}}')
        message = json.loads(await socket.recv())
    assert message["type"] == "error"
    assert "Int cannot represent non-integer value" in message["payload"][0]["message"]
