"""Imports the models of all packages, so that the metadata is complete."""

from podgraph.access import models as access
from podgraph.accounts import models as accounts
from podgraph.capacity import models as capacity
from podgraph.database.model import Model
from podgraph.limits import models as edge
from podgraph.outcomes import models as ods
from podgraph.pods import models as managed
from podgraph.service_lines import models as lines
from podgraph.writes import audit_models as audit
from podgraph.writes import event_models as events
from podgraph.writes import idempotency
from podgraph.writes import ids as identity

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
"""Metadata of all tables: the target of the migrations."""
