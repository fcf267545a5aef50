"""The organizations of the demo with their people: the client of the documents, a second one, the partner."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from podgraph.accounts.lifecycle import SubscriptionStatus
from podgraph.demo.row_builder import Book, Cast, Ids
from podgraph.kernel.roles import Role

ORGANIZATION = "ORG-26-090500"
WORKSPACE = "WS-26-000021"
DATA_WORKSPACE = "WS-26-000022"
SUBSCRIPTION = "SUB-26-001122"
PROJECT = "PROJ-26-004281"
OWNER = "USR-26-000044"

PARTNER = "ORG-26-000001"
OPERATOR = "USR-26-000101"
DELIVERY = "USR-26-000102"

NORTHWIND = "ORG-26-090611"
NORTHWIND_WORKSPACE = "WS-26-000031"
NORTHWIND_SUBSCRIPTION = "SUB-26-001130"

NOW = datetime(2026, 5, 14, 16, tzinfo=UTC)
"""The moment that the demo's clock starts at: that of the document's sample of a cycle."""
LAST_WEEK = date(2026, 5, 4)
"""The Monday of the last whole week before it."""

_TALENT = {
    "SCR-128491": "Senior Backend Engineer",
    "SCR-129102": "Backend Engineer",
    "SCR-130011": "QA Engineer",
    "SCR-130412": "Mobile Engineer",
    "SCR-130577": "Mobile Engineer",
    "SCR-130602": "Release Engineer",
    "SCR-130725": "Product Designer",
    "SCR-130988": "Frontend Engineer",
    "SCR-131200": "Technical Project Manager",
    "SCR-131488": "Full-stack Engineer",
    "SCR-131502": "Frontend Engineer",
    "SCR-131619": "QA Engineer",
    "SCR-131701": "Data Engineer",
    "SCR-131733": "Analytics Engineer",
    "SCR-132010": "Machine Learning Engineer",
    "SCR-132023": "Data Engineer",
    "SCR-132041": "Technical Project Manager",
    "SCR-132104": "Reliability Engineer",
    "SCR-132118": "Payments Auditor",
    "SCR-132150": "Privacy Engineer",
}
_NORTHWIND_TALENT = {
    "SCR-133001": "Backend Engineer",
    "SCR-133002": "QA Engineer",
    "SCR-133003": "Integration Engineer",
}


def at(text: str) -> datetime:
    """A moment in UTC, written as 2026-04-15T10:00."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def partner(ids: Ids) -> Book:
    """Who delivers: the employer of the account team and of the delivery lead."""
    book = _organization(ids, PARTNER, "Fieldline Delivery Ltd", "USD", Cast("", "", "", OPERATOR, DELIVERY))
    book.add("user", id=OPERATOR, name="Ingrid Solberg", email="ingrid.solberg@fieldline.example")
    book.add("user", id=DELIVERY, name="Thabo Nkosi", email="thabo.nkosi@fieldline.example")
    _grant(book, [(OPERATOR, Role.OPERATOR, None), (DELIVERY, Role.DELIVERY, None)])
    return book


def apex(ids: Ids) -> Book:
    """The client of the reference documents."""
    cast = Cast(OWNER, "USR-26-000046", "USR-26-000047", OPERATOR, DELIVERY)
    book = _organization(ids, ORGANIZATION, "Apex Digital Ltd", "USD", cast)
    book.add("workspace", id=WORKSPACE, name="Platform Engineering")
    book.add("workspace", id=DATA_WORKSPACE, name="Data & Analytics")
    book.add("commercial_subscription", id=SUBSCRIPTION, status=SubscriptionStatus.ACTIVE)
    book.add("project", id=PROJECT, name="Payments Platform Rebuild")
    book.add("project", id="PROJ-26-004282", name="Regulatory Readiness 2026")
    people = {
        OWNER: "Amara Okafor",
        "USR-26-000045": "Daniel Reyes",
        "USR-26-000046": "Priya Raman",
        "USR-26-000047": "Helen Castellano",
        "USR-26-000048": "Marcus Webb",
        "USR-26-000049": "Yuki Tanaka",
    }
    for user_id, name in people.items():
        book.add("user", id=user_id, name=name, email=f"{name.lower().replace(' ', '.')}@apex.example")
    roles: list[tuple[str, Role, str | None]] = [
        (OWNER, Role.ORG_OWNER, None),
        ("USR-26-000045", Role.ORG_ADMIN, None),
        ("USR-26-000046", Role.MEMBER, WORKSPACE),
        ("USR-26-000046", Role.MEMBER, DATA_WORKSPACE),
        ("USR-26-000047", Role.BILLING, None),
        ("USR-26-000048", Role.VIEWER, WORKSPACE),
        ("USR-26-000049", Role.WORKSPACE_ADMIN, DATA_WORKSPACE),
        (OPERATOR, Role.OPERATOR, None),
        (DELIVERY, Role.DELIVERY, None),
    ]
    _grant(book, roles)
    _employ(book, _TALENT)
    return book


def northwind(ids: Ids) -> Book:
    """A second client, which the first one must never see anything of."""
    owner = "USR-26-000061"
    book = _organization(
        ids, NORTHWIND, "Northwind Logistics GmbH", "EUR", Cast(owner, owner, owner, OPERATOR, DELIVERY)
    )
    book.add("workspace", id=NORTHWIND_WORKSPACE, name="Fleet Systems")
    book.add("commercial_subscription", id=NORTHWIND_SUBSCRIPTION, status=SubscriptionStatus.ACTIVE)
    book.add("project", id="PROJ-26-004290", name="Depot Routing")
    book.add("user", id=owner, name="Katrin Vogel", email="katrin.vogel@northwind.example")
    _grant(
        book,
        [(owner, Role.ORG_OWNER, None), (OPERATOR, Role.OPERATOR, None), (DELIVERY, Role.DELIVERY, None)],
    )
    _employ(book, _NORTHWIND_TALENT)
    return book


def _organization(ids: Ids, organization_id: str, name: str, currency: str, cast: Cast) -> Book:
    book = Book(ids, organization_id, currency, 2026, cast)
    book.add("organization", id=organization_id, name=name, currency=currency)
    return book


def _grant(book: Book, roles: Sequence[tuple[str, Role, str | None]]) -> None:
    for user_id, role, workspace_id in roles:
        book.add("membership", user_id=user_id, role=role, workspace_id=workspace_id)


def _employ(book: Book, talent: dict[str, str]) -> None:
    for talent_id, title in talent.items():
        book.add("talent", id=talent_id, title=title)
