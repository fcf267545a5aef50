"""Root fields of accounts."""

from typing import Any

import strawberry

from podgraph.accounts.types import Organization, Project, Talent, Viewer, Workspace
from podgraph.graphql.relationships import ById, edge


@strawberry.type
class AccountsQuery:
    @strawberry.field(description="The caller, with roles, organizations and rate limit.", graphql_type=Viewer)
    def viewer(self, info: strawberry.Info) -> Any:
        return info.context.viewer

    organization: Organization | None = edge(ById(), "An organization by id.")
    workspace: Workspace | None = edge(ById(), "A workspace by id.")
    project: Project | None = edge(ById(), "A project by id.")
    talent: Talent | None = edge(ById(), "A talent by id.")
