"""A generated client organization: its people, workspaces, pools, and values drawn for its pods and scopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from podgraph.accounts.lifecycle import SubscriptionStatus
from podgraph.capacity.lifecycle import ResourceType
from podgraph.demo import capacity, sla_reports
from podgraph.demo.row_builder import Book, Cast, Ids, Row
from podgraph.kernel.periods import Period
from podgraph.kernel.roles import Role

_WEEKS = 26
ROLES = {
    "senior_backend_engineer": "Senior Backend Engineer",
    "backend_engineer": "Backend Engineer",
    "frontend_engineer": "Frontend Engineer",
    "qa_engineer": "QA Engineer",
    "technical_pm": "Technical Project Manager",
    "data_engineer": "Data Engineer",
    "site_reliability_engineer": "Site Reliability Engineer",
}
_CLIENTS = ("Alder", "Birch", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbour", "Indigo", "Juniper")
_TRADES = ("Logistics", "Insurance", "Retail", "Health", "Energy", "Media", "Travel", "Foods")
_FIRST_NAMES = ("Lena", "Omar", "Mei", "Jonas", "Aisha", "Pedro", "Nadia", "Felix", "Sara", "Kofi")
_LAST_NAMES = ("Becker", "Haddad", "Zhang", "Lind", "Diallo", "Costa", "Petrova", "Moreau", "Silva", "Mensah")
SUBJECTS = ("Checkout", "Billing", "Search", "Identity", "Catalogue", "Messaging", "Pricing", "Analytics")
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass
class Client:
    """The rows of one client, the random numbers that they are drawn with, and what its pods and scopes share."""

    book: Book
    random: Random
    now: datetime
    last_month: Period
    workspaces: Sequence[str]
    subscription_id: str
    project_id: str
    pool: Row
    compute: Row

    @classmethod
    def opened(cls, ids: Ids, random: Random, now: datetime, team: tuple[str, str], hours: Decimal) -> "Client":
        """A client with people, workspaces and pools; `hours` is the weekly capacity of its talent pool."""
        people = [ids.take("user", now.year) for _ in range(3)]
        name = f"{random.choice(_CLIENTS)} {random.choice(_TRADES)}"
        book = Book(
            ids,
            ids.take("organization", now.year),
            random.choice(("USD", "EUR", "GBP")),
            now.year,
            Cast(people[0], people[1], people[2], *team),
        )
        book.add("organization", id=book.organization_id, name=name, currency=book.currency)
        workspaces = [book.add("workspace", name=title)["id"] for title in ("Product", "Platform")]
        subscription = book.add("commercial_subscription", status=SubscriptionStatus.ACTIVE)
        project = book.add("project", name=f"{random.choice(SUBJECTS)} renewal")
        roles = [Role.ORG_OWNER, Role.MEMBER, Role.BILLING, Role.OPERATOR, Role.DELIVERY]
        for user_id in people:
            person = f"{random.choice(_FIRST_NAMES)} {random.choice(_LAST_NAMES)}"
            book.add("user", id=user_id, name=person, email=f"{user_id.lower()}@client.example")
        for user_id, role in zip([*people, *team], roles, strict=True):
            workspace_id = workspaces[0] if role is Role.MEMBER else None
            book.add("membership", user_id=user_id, role=role, workspace_id=workspace_id)
        opened_at = now - 500 * _DAY
        compute = {"resource_type": ResourceType.COMPUTE, "workspace_id": workspaces[0]}
        return cls(
            book,
            random,
            now,
            _last_month(now),
            workspaces,
            subscription["id"],
            project["id"],
            capacity.create_pool(book, hours, at=opened_at),
            capacity.create_pool(book, Decimal(20000), at=opened_at, **compute),
        )

    def talent(self, role: str) -> str:
        """The id of a new talent."""
        talent: str = self.book.add("talent", title=ROLES[role])["id"]
        return talent

    def weekly_actuals(self, committed: Decimal, *, until: datetime) -> dict[date, Decimal]:
        """Delivered quantities of the last weeks, by Monday; one in ten is underused."""
        last = until.date() - 7 * _DAY - timedelta(days=until.weekday())
        low = self.random.random() < 0.1
        least, most = (52, 69) if low else (88, 101)
        weeks = capacity.mondays(last - (_WEEKS - 1) * capacity.WEEK, last)
        return {week: committed * self.random.randint(2 * least, 2 * most) / 200 for week in weeks}

    def published_at(self) -> datetime:
        """When the last report was published."""
        return self.last_month.end + sla_reports.PUBLISHED_ON


def _last_month(now: datetime) -> Period:
    """The last month whose report has been published by `now`, with a few hours to spare."""
    last = Period.of(now.date()).shifted(-1)
    return last if last.end + sla_reports.PUBLISHED_ON + 2 * _HOUR <= now else last.shifted(-1)
