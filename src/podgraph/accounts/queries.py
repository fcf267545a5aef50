"""Where a query into accounts begins."""

from typing import Any

import strawberry

from podgraph.accounts.types import Organization, Project, Talent, Viewer, Workspace
from podgraph.graphql.relationships import ById, edge


@strawberry.type
class AccountsQuery:
    @strawberry.field(description="The caller: who, with which roles, in which organizations.", graphql_type=Viewer)
    def viewer(self, info: strawberry.Info) -> Any:
        return info.context.viewer

    organization: Organization | None = edge(ById(), "An organization.")
    workspace: Workspace | None = edge(ById(), "A workspace.")
    project: Project | None = edge(ById(), "A project label.")
    talent: Talent | None = edge(ById(), "A person who delivers.")
