"""What the edge keeps in the database so that all processes share it."""

from datetime import datetime

from sqlalchemy import Float
from sqlmodel import Field

from podgraph.database.columns import key, text
from podgraph.database.model import Model


class RateLimit(Model, table=True):
    """A caller's bucket of points as it was filled last, and whether the last request was given any."""

    __tablename__ = "rate_limit"

    actor: str = key()
    points: float = Field(sa_type=Float)
    filled_at: datetime
    given: bool


class TrustedDocument(Model, table=True):
    """A document that was added by hand: in mode `enforce` no other one is answered."""

    __tablename__ = "trusted_document"

    sha256: str = key()
    document: str = text()
    added_at: datetime
