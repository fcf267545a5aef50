"""GraphQL types of pod scopes."""

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
    "Item in the scope of a pod.",
    key="Key of the item, stable across revisions, e.g. api-hardening.",
    title="Title, e.g. Harden the public API.",
    priority="Priority; 1 is the highest.",
    description="Detailed description; null if none.",
)


register_type(
    ScopeDiffLine,
    "Difference between two revisions in one item.",
    op="Operation: added, removed, changed or reordered.",
    key="Key of the item.",
    before="The item before, as text; its position if reordered; null if added.",
    after="The item after, as text; its position if reordered; null if removed.",
)


@record(repository.POD_SCOPES, "Scope of a pod: a versioned document.")
class PodScope(Node):
    pod: Pod = one("pod_id", "Pod of the scope.")
    current_revision: "PodScopeRevision" = batch(repository.current_revisions, "Current revision.")
    revisions: "PodScopeRevisionConnection" = connection("pod_scope_id", "All revisions, latest first.")


@record(repository.POD_SCOPE_REVISIONS, "Immutable revision of a pod's scope.")
class PodScopeRevision:
    number: int = field("Revision number, counting from 1 without gaps.")
    summary: str = field("Goal of the pod, in a few sentences.")
    change_note: str | None = field("Reason for the revision; null for the first one.")
    author: User | None = one("author_id", "Author; null if the platform created the revision.")
    created_at: datetime = field("Time of creation.")

    @computed("Items of the scope, in order.", "items")
    def items(self: Any) -> list[PodScopeItem]:
        return _items(self.items)

    @computed(
        "Changes since the previous revision; in the first revision every item is added.", "items", "previous_items"
    )
    def diff(self: Any) -> list[ScopeDiffLine]:
        return rules.scope_diff(_items(self.previous_items or ()), _items(self.items))


def _items(stored: Sequence[dict[str, Any]]) -> list[PodScopeItem]:
    return [PodScopeItem(**item) for item in stored]


@strawberry.type(description="A page of scope revisions.")
class PodScopeRevisionConnection(Connection[PodScopeRevision]):
    relation = repository.POD_SCOPE_REVISIONS
    default_order = (("number", True),)
