"""API tokens. Only a hash of the secret is stored, which does not grant access."""

from datetime import datetime

from podgraph.database.columns import document, index, text
from podgraph.database.model import Record


class ApiToken(Record, table=True):
    """A program's token for one organization. Only the SHA-256 hash of the secret is stored."""

    __tablename__ = "api_token"
    __table_args__ = (index("organization_id", "created_at"),)

    name: str = text()
    sha256: str = text(unique=True)
    roles: list[str] = document()
    created_by: str = text()
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
