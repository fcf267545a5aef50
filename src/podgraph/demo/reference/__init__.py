"""The data of the three reference documents, and around it what makes it a living organization."""

from podgraph.demo.reference import outcomes, payments_pod, pods, supply, tenants
from podgraph.demo.reference.tenants import NOW
from podgraph.demo.row_builder import Book, Ids, Row, merged

__all__ = ["NOW", "rows"]

# The last numbers of the rows that name their ids themselves: the others are numbered on from here.
_NAMED = {
    "WS": 22,
    "SUB": 1122,
    "PROJ": 4282,
    "POD": 14,
    "LIN": 92200,
    "SLA": 8,
    "INC": 91,
    "ALLOC": 441,
    "CAP": 198,
    "OREQ": 41,
    "OSCOPE": 9,
    "DLV": 83,
    "OCYCLE": 11,
}


def rows() -> dict[str, list[Row]]:
    """Every row by table, in an order in which they can be inserted."""
    ids = Ids(_NAMED)
    partner, apex, northwind = tenants.partner(ids), tenants.apex(ids), tenants.northwind(ids)
    _fill_apex(apex)
    _fill_northwind(northwind)
    for book in (partner, apex, northwind):
        book.close()
    return merged([partner, apex, northwind])


def _fill_apex(book: Book) -> None:
    shared = supply.apex_pools(book)
    supply.apex_talent_lines(book)
    supply.agent_line(book)
    payments_pod.payments_platform(book, shared)
    pods.merchant_onboarding(book, shared)
    pods.others(book, shared)
    outcomes.webhook_reliability(book, shared)
    outcomes.ledger_audit(book, shared)
    outcomes.others(book, shared)


def _fill_northwind(book: Book) -> None:
    pool = supply.northwind_pool(book)
    pods.northwind(book, pool)
    outcomes.northwind(book, pool)
