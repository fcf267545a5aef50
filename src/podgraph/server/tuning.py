"""Tuning of a process that runs podgraph: memory statistics of SQLite, and the garbage collector.

`import podgraph` changes nothing of the process that imports it; the commands call this module.
"""

import gc
from contextlib import suppress
from ctypes import CDLL
from importlib.util import find_spec

IMPORT_THRESHOLDS = (300_000, 20, 50)
"""The graph is some 270,000 objects that stay; collections during its import take a seventh of the time."""
SERVER_THRESHOLDS = (50_000, 20, 50)
"""A response of a thousand records makes some 50,000 objects."""
SQLITE_CONFIG_MEMSTATUS = 9


def tune_process() -> None:
    """Prepare this process for the import of the graph; call it before `sqlite3` is imported."""
    gc.set_threshold(*IMPORT_THRESHOLDS)
    _disable_memory_statistics()


def tune_server() -> None:
    """Keep the collector from the objects that exist now, and run it rarely.

    Those stay until the process ends, and most of a response is freed by its reference counts.
    """
    gc.freeze()
    gc.set_threshold(*SERVER_THRESHOLDS)


def _disable_memory_statistics() -> None:
    """Disable SQLite memory statistics, whose global mutex serialises threads.

    SQLite accepts this before its first use only, and `sqlite3` has no function for it. If the library
    cannot be reached through that module, SQLite keeps its statistics, and is slower.
    """
    module = find_spec("_sqlite3")
    with suppress(OSError, AttributeError):
        CDLL(module.origin if module and module.has_location else None).sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0)
