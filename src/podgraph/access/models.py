"""API tokens. Only a hash of the secret is stored, which does not grant access."""

from datetime import datetime

from podgraph.database.columns import document, flag, index, text
from podgraph.database.model import Record


class ApiToken(Record, table=True):
    """A program's token for one organization, or one of its workspaces; only a hash of its secret is stored."""

    __tablename__ = "api_token"
    __table_args__ = (index("organization_id", "created_at"),)

    name: str = text()
    sha256: str = text(unique=True)
    roles: list[str] = document()
    workspace_id: str | None = text(optional=True)
    read_only: bool = flag()
    created_by: str = text()
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
