"""The people that a visitor of the demo can act as."""

from collections.abc import Sequence
from dataclasses import dataclass

from podgraph.demo.reference.tenants import DELIVERY, NORTHWIND, OPERATOR, ORGANIZATION, OWNER
from podgraph.kernel.roles import Role


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the demo: part, description, and the claims of the token."""

    part: str
    name: str
    sentence: str
    user_id: str
    organizations: Sequence[str]
    roles: Sequence[Role]


PEOPLE = (
    Person(
        "client",
        "Amara Okafor",
        "Owner of Apex Digital Ltd: sees all of it, and decides.",
        OWNER,
        (ORGANIZATION,),
        (Role.ORG_OWNER,),
    ),
    Person(
        "operator",
        "Ingrid Solberg",
        "Account team of the partner: proposes, for every client.",
        OPERATOR,
        (ORGANIZATION, NORTHWIND),
        (Role.OPERATOR,),
    ),
    Person(
        "delivery",
        "Thabo Nkosi",
        "Delivery lead of the partner: responds, starts and submits.",
        DELIVERY,
        (ORGANIZATION, NORTHWIND),
        (Role.DELIVERY,),
    ),
    Person(
        "stranger",
        "Katrin Vogel",
        "Owner of another client, Northwind: sees nothing of Apex.",
        "USR-26-000061",
        (NORTHWIND,),
        (Role.ORG_OWNER,),
    ),
)
