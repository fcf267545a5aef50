"""The application in separate processes, as in production."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

from serving import SECRET

PROMPT = 5
"""Timeout in seconds for an immediate action of a supervisor, on a busy machine."""


def is_worker(process: int) -> bool:
    """Whether a process is one of the workers of a server, and lives."""
    try:
        return "spawn_main" in " ".join(psutil.Process(process).cmdline())
    except psutil.Error:
        return False


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until a condition holds, with a timeout."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.01)


@dataclass(frozen=True)
class Running:
    """`podgraph serve` in a process: where it listens, and how it ends."""

    process: subprocess.Popen[str]
    address: str

    def terminate(self) -> None:
        """Request shutdown with SIGTERM, as a process manager does."""
        self.process.send_signal(signal.SIGTERM)

    def workers(self) -> set[int]:
        """The worker processes, if there are several."""
        children = psutil.Process(self.process.pid).children()
        return {child.pid for child in children if is_worker(child.pid)}

    def ended(self) -> int:
        """Wait for its end: the exit code."""
        return self.process.wait(timeout=30)


@contextmanager
def served(url: str, *options: str, **settings: str) -> Iterator[Running]:
    """`podgraph serve` on a database, with settings by their names without the prefix."""
    command = [sys.executable, "-m", "podgraph.cli.main", "serve", "--port", "0", *options]
    given = {"DATABASE_URL": url, "SECRET": SECRET, "LOG": "off", **settings}
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment |= {f"PODGRAPH_{name}": value for name, value in given.items()}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    try:
        yield Running(process, process.stdout.readline().split()[-1].removesuffix("/graphql"))
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)
        process.stdout.close()
