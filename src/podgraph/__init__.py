"""Podgraph: a GraphQL gateway for managed delivery.

What is true of the whole process is set here, before anything else is imported.
"""

import gc
from contextlib import suppress
from ctypes import CDLL
from importlib.util import find_spec

# The graph is some 270,000 objects that stay. Looking through them over and over again for garbage, while
# they are made, would take a seventh of the time of the import.
gc.set_threshold(300_000, 20, 50)


def _measure_no_memory() -> None:
    """Have SQLite keep no figures of its memory, which nobody reads, and for which its threads queue up.

    It listens only before it is first used, and Python's own module has no word for it. Where its library
    can not be reached beside that module, all stays as it was: right, and slower.
    """
    memory_status = 9  # SQLITE_CONFIG_MEMSTATUS
    module = find_spec("_sqlite3")
    with suppress(OSError, AttributeError):
        CDLL(module.origin if module and module.has_location else None).sqlite3_config(memory_status, 0)


_measure_no_memory()
