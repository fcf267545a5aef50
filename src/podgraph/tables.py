"""Every table of every slice, so that the metadata is whole."""

from podgraph.access import models as access
from podgraph.accounts import models as accounts
from podgraph.capacity import models as capacity
from podgraph.database import audit, idempotency, identity
from podgraph.database.model import Model
from podgraph.edge import models as edge
from podgraph.events import models as events
from podgraph.lines import models as lines
from podgraph.managed import models as managed
from podgraph.ods import models as ods

__all__ = [
    "access",
    "accounts",
    "audit",
    "capacity",
    "edge",
    "events",
    "idempotency",
    "identity",
    "lines",
    "managed",
    "metadata",
    "ods",
]

metadata = Model.metadata
"""What migrations lead to, and what tests create."""
