"""The media type that is agreed on."""

import pytest

from podgraph.server.content_negotiation import GRAPHQL, JSON, preferred

AGREED = [
    (None, JSON),
    ("", JSON),
    ("*/*", JSON),
    (GRAPHQL, GRAPHQL),
    (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
    (f"{JSON}, {GRAPHQL}", JSON),
    (f"{JSON};q=0.8, {GRAPHQL};q=0.9", GRAPHQL),
    ("APPLICATION/JSON", JSON),
    ("text/html, */*;q=0.1", JSON),
    (f"{JSON};q=0, */*", GRAPHQL),
    ("text/html", None),
    (f"{JSON};q=0", None),
    (f"{JSON};q=much", None),
    (f"{JSON};q=nan", None),
    (";;;,,,", None),
]


@pytest.mark.parametrize(("accept", "agreed"), AGREED)
def test_the_first_type_of_the_highest_weight_is_preferred(accept: str | None, agreed: str | None) -> None:
    assert preferred(accept) == agreed


def test_other_media_types_can_be_offered() -> None:
    assert preferred("text/html, */*;q=0.1", (JSON, "text/html")) == "text/html"
