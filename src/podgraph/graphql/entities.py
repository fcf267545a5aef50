"""The interfaces of records that mutations change: their version, history and available actions."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

import strawberry

from podgraph.database.read_model import workspace_of
from podgraph.graphql.descriptions import field, register_type
from podgraph.graphql.nodes import Node, type_of
from podgraph.graphql.relationships import connection
from podgraph.kernel.transitions import AvailableAction, Transition, available_actions

if TYPE_CHECKING:
    from podgraph.events.types import EventConnection

EVENTS = strawberry.lazy("podgraph.events.types")

register_type(
    AvailableAction,
    "A mutation of a record, and whether the caller can perform it now.",
    mutation="Name of the mutation, e.g. confirmPod.",
    enabled="Whether the caller can perform the mutation now.",
    blocked_by="Error code that the mutation would return; null if enabled.",
    reason="Reason why the mutation would be rejected; null if enabled.",
)


@strawberry.interface(description="A record with versions, a history and available actions.")
class Versioned(Node):
    transitions: ClassVar[Sequence[Transition]] = ()

    version: int = field("Version, incremented with every change.")
    history: Annotated["EventConnection", EVENTS] = connection("subject_id", "Events of the record, earliest first.")

    @strawberry.field(description="Mutations of the record, and whether the caller can perform each one now.")
    def available_actions(self, info: strawberry.Info) -> list[AvailableAction]:
        context = info.context
        viewer = context.viewer
        roles = viewer.grants.roles_for(self, workspace_of(self))
        return available_actions(type_of(self).transitions, self, roles, context.now, viewer.user_id)


@strawberry.interface(description="A versioned record with times of its creation and last change.")
class Entity(Versioned):
    created_at: datetime = field("Time of creation.")
    updated_at: datetime = field("Time of the last change.")
