"""Amounts of money, exact to the cent."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount (two decimals) in an ISO 4217 currency."""

    amount: Decimal
    currency: str
