"""What schemathesis needs to know of this schema: its scalars, and that nothing may be our fault.

The command is in `.github/CONTRIBUTING.md`.
"""

from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

MONTHS = st.integers(1, 12).map("2026-{:02}".format)
QUARTERS = st.integers(1, 4).map("2026-Q{}".format)
DAYS = st.dates().map(str)
INSTANTS = st.datetimes().map("{:%Y-%m-%dT%H:%M:%S}Z".format)
DECIMALS = st.decimals(-(10**9), 10**9, places=2).map(str)

for scalar, values in {
    "Period": MONTHS | QUARTERS | st.text(max_size=9),
    "Date": DAYS | st.text(max_size=9),
    "DateTime": INSTANTS | st.text(max_size=9),
    "Decimal": DECIMALS | st.text(max_size=9),
    "URL": st.text(max_size=20),
    "JSON": st.text(max_size=20),
}.items():
    schemathesis.graphql.scalar(scalar, values.map(nodes.String))


@schemathesis.check
def nothing_is_our_fault(_context: Any, response: Any, _case: Any) -> None:
    """No response may have a server error's code or status, or expose internals."""
    assert response.status_code < 500
    assert "INTERNAL" not in response.text
    assert "Traceback" not in response.text
