"""Whose records a viewer sees: organizations, and within them areas and workspaces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BindParameter, Dialect, Text, bindparam
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from podgraph.kernel.roles import Area


class Keys(TypeDecorator[Sequence[str]]):
    """A list of ids as one parameter, so that the SQL text does not depend on its length."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else JSON())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        # PostgreSQL rejects NUL in text; no id contains it.
        return None if value is None else [each for each in value if "\0" not in each]


class Reach(NamedTuple):
    """Where a viewer sees the records of an area: in whole organizations, and in single workspaces."""

    organizations: frozenset[str] = frozenset()
    workspaces: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.organizations or self.workspaces)

    def includes(self, organization_id: str, workspace_id: str | None) -> bool:
        """Whether a record of this organization and workspace is visible."""
        return organization_id in self.organizations or workspace_id in self.workspaces


@dataclass(frozen=True)
class Tenancy:
    """Whose rows a statement may see: `organizations`, or every organization where it is None.

    `reaches` restrict areas of the organizations' records; areas that are not listed are visible.
    """

    organizations: frozenset[str] | None
    reaches: tuple[tuple[Area, Reach], ...] = ()

    def reach(self, area: Area) -> Reach | None:
        """Where the records of an area are visible; None where they are in all of the organizations."""
        return self._reaches.get(area)

    @cached_property
    def _reaches(self) -> Mapping[Area, Reach]:
        whole = Reach(self.organizations or frozenset())
        return {area: reach for area, reach in self.reaches if reach != whole}

    def sees_some(self, area: Area) -> bool:
        """Whether any records of an area may be visible."""
        return self.sees_whole(area) or bool(self.reach(area))

    def sees_whole(self, area: Area) -> bool:
        """Whether all records of an area are visible in the organizations that are."""
        return self.organizations is None or self.reach(area) is None

    def sees(self, area: Area, organization_id: str, workspace_id: str | None) -> bool:
        """Whether a record of an area, in this organization and workspace, is visible."""
        if self.organizations is None:
            return True
        reach = self.reach(area)
        if reach is None:
            return organization_id in self.organizations
        return reach.includes(organization_id, workspace_id)

    @cached_property
    def shape(self) -> "Tenancy":
        """What statements depend on: equal for all viewers who are sent the same text of a statement."""
        some = frozenset({"some"})
        reaches = (
            (area, Reach(*(some if each else frozenset() for each in reach))) for area, reach in self._reaches.items()
        )
        return Tenancy(None if self.organizations is None else frozenset({"all"}), tuple(reaches))

    @property
    def only(self) -> str | None:
        """The organization, where it is the only one."""
        return next(iter(self.organizations)) if self.organizations and len(self.organizations) == 1 else None

    def parameters(self, now: datetime) -> dict[str, Any]:
        """The parameters that every statement is given."""
        parts = {
            area_keys(area, kind).key: sorted(keys)
            for area, reach in self._reaches.items()
            for kind, keys in reach._asdict().items()
        }
        return {"now": now, "organizations": sorted(self.organizations or ()), "only": self.only, **parts}


@cache
def area_keys(area: Area, kind: str) -> BindParameter[Any]:
    """The organizations or workspaces in which the viewer sees the records of an area."""
    return bindparam(f"{area}_{kind}", type_=Keys())
