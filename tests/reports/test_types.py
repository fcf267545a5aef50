"""Spend in the graph."""

from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import Execute, context_for
from podgraph.schema import build_schema

SPEND = """
query ($from: Period!, $to: Period!, $first: Int! = 20) {
  organization(id: "ORG-26-090500") {
    spend(from: $from, to: $to) {
      total { amount currency }
      byMonth { period accrued { amount } paid { amount } }
      byProductLine { productLine total { amount } }
      byServiceLine(first: $first) { serviceLine { id } total { amount } }
    }
  }
}
"""


async def test_a_month_has_its_charges_and_payments(execute: Execute) -> None:
    data = await execute(SPEND, **{"from": "2025-09", "to": "2025-09"})
    spend = data["organization"]["spend"]
    assert spend["total"] == {"amount": "53200.00", "currency": "USD"}
    assert spend["byMonth"] == [{"period": "2025-09", "accrued": {"amount": "53200.00"}, "paid": {"amount": "0.00"}}]
    assert spend["byServiceLine"] == [
        {"serviceLine": {"id": "LIN-26-088401"}, "total": {"amount": "38000.00"}},
        {"serviceLine": {"id": "LIN-25-092207"}, "total": {"amount": "15200.00"}},
    ]


async def test_the_parts_of_a_year_add_up_to_its_total(execute: Execute) -> None:
    data = await execute(SPEND, **{"from": "2025-06", "to": "2026-05", "first": 100})
    spend = data["organization"]["spend"]
    total = Decimal(spend["total"]["amount"])
    assert sum(Decimal(month["accrued"]["amount"]) for month in spend["byMonth"]) == total
    assert sum(Decimal(each["total"]["amount"]) for each in spend["byProductLine"]) == total
    assert sum(Decimal(each["total"]["amount"]) for each in spend["byServiceLine"]) == total


async def test_a_quarter_stands_for_its_months(execute: Execute) -> None:
    data = await execute(SPEND, **{"from": "2025-Q4", "to": "2026-Q1"})
    assert [month["period"] for month in data["organization"]["spend"]["byMonth"]] == [
        "2025-10",
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
        "2026-03",
    ]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"from": "2026-05", "to": "2026-04"}, "from 2026-05 to 2026-04 is 0 months; allowed: 1 to 120"),
        ({"from": "1999-01", "to": "2026-04"}, "from 1999-01 to 2026-04 is 328 months; allowed: 1 to 120"),
        (
            {"from": "2026-04", "to": "2026-04", "first": 0},
            "first is 0: must be 1 to 100",
        ),
    ],
)
async def test_an_invalid_range_of_months_is_rejected(
    demo_engine: AsyncEngine, asked: dict[str, str | int], message: str
) -> None:
    result = await build_schema().execute(SPEND, asked, context_value=context_for(demo_engine))
    assert result.errors is not None
    (error,) = result.errors
    assert error.message == message
    assert error.extensions == {"code": "BAD_USER_INPUT"}
