"""The living scopes of pods in the graph."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from podgraph.accounts.types import User
from podgraph.graphql.descriptions import computed, field, register_type
from podgraph.graphql.nodes import Node, record
from podgraph.graphql.pagination import Connection
from podgraph.graphql.relationships import batch, connection, one
from podgraph.pods import repository, rules
from podgraph.pods.rules import PodScopeItem, ScopeDiffLine
from podgraph.pods.types.pods import Pod

register_type(
    PodScopeItem,
    "One thing that a pod is responsible for.",
    key="What it is called in every revision: api-hardening.",
    title="What it is about: Harden the public API.",
    priority="Its rank, 1 the first.",
    description="More about it.",
)


register_type(
    ScopeDiffLine,
    "What a revision did to one item.",
    op="What: added, removed, changed or reordered.",
    key="The item's key.",
    before="The item as it was, in words; its place in the list where it was reordered.",
    after="The item as it became, in words; its place in the list where it was reordered.",
)


@record(repository.POD_SCOPES, "What a pod works on: a living document, kept in revisions.")
class PodScope(Node):
    pod: Pod = one("pod_id", "The pod.")
    current_revision: "PodScopeRevision" = batch(repository.current_revisions, "The revision in force.")
    revisions: "PodScopeRevisionConnection" = connection("pod_scope_id", "All revisions, the latest first.")


@record(repository.POD_SCOPE_REVISIONS, "One state of a pod's scope; it never changes.")
class PodScopeRevision:
    number: int = field("Its number in the scope, from 1 without gaps.")
    summary: str = field("What the pod is to achieve, in a few sentences.")
    change_note: str | None = field("Why it was revised.")
    author: User | None = one("author_id", "Who wrote it.")
    created_at: datetime = field("When it was written.")

    @computed("What the pod is responsible for, in order.", "items")
    def items(self: Any) -> list[PodScopeItem]:
        return _items(self.items)

    @computed("What changed since the revision before; in the first one all is added.", "items", "previous_items")
    def diff(self: Any) -> list[ScopeDiffLine]:
        return rules.scope_diff(_items(self.previous_items or ()), _items(self.items))


def _items(stored: Sequence[dict[str, Any]]) -> list[PodScopeItem]:
    return [PodScopeItem(**item) for item in stored]


@strawberry.type(description="A page of the revisions of a scope.")
class PodScopeRevisionConnection(Connection[PodScopeRevision]):
    relation = repository.POD_SCOPE_REVISIONS
    default_order = (("number", True),)
