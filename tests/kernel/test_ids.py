"""The reference ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podgraph.kernel.ids import format_id, number_of, prefix_of


@pytest.mark.parametrize(
    ("prefix", "number", "written"),
    [("POD", 8, "POD-26-000008"), ("OREQ", 41, "OREQ-26-000041"), ("SCR", 128491, "SCR-128491")],
)
def test_an_id_has_the_format_of_the_documents(prefix: str, number: int, written: str) -> None:
    assert format_id(prefix, number, 2026) == written


@pytest.mark.parametrize("text", ["", "POD", "pod-26-000008", "POD-26-", "POD-26-000008 ", "POD-26-00x008"])
def test_malformed_ids_have_no_prefix(text: str) -> None:
    assert prefix_of(text) is None


@given(number=st.integers(1, 10**9), year=st.integers(2020, 2099))
def test_prefix_and_number_are_parsed_from_an_id(number: int, year: int) -> None:
    written = format_id("OSCOPE", number, year)

    assert (prefix_of(written), number_of(written)) == ("OSCOPE", number)


@pytest.mark.parametrize("text", ["POD-26-00000\u0668", "POD-\uff12\uff16-000008", "POD-26-000008\n"])
def test_an_id_is_written_in_ascii(text: str) -> None:
    assert prefix_of(text) is None
