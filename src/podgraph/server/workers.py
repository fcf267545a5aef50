"""Worker processes that share one socket, and the supervisor that maintains their number.

The supervisor waits for all events together: signals, ended workers, and beats of their event loops.
It never waits for one worker, so no worker delays the others.
"""

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

import uvicorn

from podgraph.server.tuning import tune_process
from podgraph.settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

log = logging.getLogger("podgraph.server.workers")

BEAT = 2
"""Seconds between two beats of a worker's event loop."""
SILENCE = 60.0
"""Seconds without a beat after which a worker hangs; a busy machine takes long to import the graph."""
MARGIN = 5.0
"""Seconds after its grace period before a worker is killed."""
STEADY = 10.0
"""Seconds after which the end of a worker does not count as a failed start."""
MAX_RESTART_DELAY = 30.0
"""Seconds between failed starts, after many in a row."""
KILLED_DELAY = 0.5
"""The same where workers are killed while they start, as by the kernel when memory runs out."""
STOPPED = {-signal.SIGTERM, -signal.SIGKILL}
"""Exit codes of workers that were ended from outside."""
END: set[int] = {signal.SIGINT, signal.SIGTERM}
REPLACE: set[int] = {signal.SIGHUP} if hasattr(signal, "SIGHUP") else set()
ADVICE = "The lines above show the cause; fix it and send SIGHUP to retry immediately"


class Worker:
    """A serving process and its state; `failures` is the number of failed starts before it."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, failures: int = 0) -> None:
        self.failures = failures
        self.serves = self.leaves = False
        self.silent = 0.0
        self.started = time.monotonic()
        self.beats, beats = socket.socketpair()
        with beats:
            self.process = multiprocessing.get_context("spawn").Process(
                target=_serve, args=(config, listener, beats), daemon=True
            )
            self.process.start()

    def end(self, number: int = signal.SIGTERM) -> None:
        """Signal the worker to end within its grace period."""
        if not self.leaves:
            self.leaves, self.silent = True, 0.0
        if self.process.exitcode is None:
            os.kill(self.process.pid or 0, number)

    def failed_starts(self) -> int:
        """How many workers in a row, this one the last, ended because they could not start or stay."""
        young = time.monotonic() - self.started < STEADY
        failed = not self.serves or (young and self.process.exitcode not in STOPPED)
        return self.failures + 1 if failed else 0


@dataclass(frozen=True)
class Vacancy:
    """A worker that must be started, and the time."""

    due: float = 0.0
    failures: int = 0


class Supervisor:
    """Keeps `config.workers` processes serving on a listening socket, until it receives SIGTERM or SIGINT.

    These end the workers within their grace period, a second SIGINT at once. SIGHUP replaces each worker
    once another one serves. `on_death` gets the id of each process that ended.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        on_death: Callable[[int], None],
        silence: float = SILENCE,
    ) -> None:
        self.config = config
        self.listener = listener
        self.on_death = on_death
        self.grace = (config.timeout_graceful_shutdown or 0) + MARGIN
        self.silence = max(silence, self.grace)
        self.workers: list[Worker] = []
        self.vacancies = [Vacancy()] * config.workers
        self.outdated: list[Worker] = []
        self.ending = False

    @property
    def staying(self) -> list[Worker]:
        return [worker for worker in self.workers if not worker.leaves]

    def run(self) -> None:
        received, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        for number in END | REPLACE:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(wakeup.fileno())
        while self.workers or not self.ending:
            self._fill_vacancies()
            self._replace_outdated()
            for number in self._wait(received):
                self._obey(number)
            self._kill_silent()
            for worker in [worker for worker in self.workers if worker.process.exitcode is not None]:
                self._bury(worker)
        signal.set_wakeup_fd(-1)

    def _start(self, failures: int = 0) -> None:
        try:
            self.workers.append(Worker(self.config, self.listener, failures))
        except OSError as error:
            self._succeed(f"No process can be started ({error})", failures + 1)

    def _fill_vacancies(self) -> None:
        now = time.monotonic()
        due = [vacancy for vacancy in self.vacancies if vacancy.due <= now]
        self.vacancies = [vacancy for vacancy in self.vacancies if vacancy.due > now]
        for vacancy in due:
            self._start(vacancy.failures)

    def _replace_outdated(self) -> None:
        """Take the next step of a replacement of all workers: one more, then one less."""
        if not self.outdated:
            return
        more = len(self.staying) - self.config.workers
        if more > 0 and all(worker.serves for worker in self.staying):
            self.outdated.pop(0).end()
        elif more == 0 and len(self.staying) == len(self.workers):
            self._start()

    def _wait(self, received: socket.socket) -> bytes:
        """Wait at most a second for what comes first: the numbers of the signals that came."""
        since = time.monotonic()
        seconds = max(0.0, min([1.0, *(vacancy.due - since for vacancy in self.vacancies)]))
        sentinels = [worker.process.sentinel for worker in self.workers]
        ready = wait([received, *sentinels, *(worker.beats for worker in self.workers)], seconds)
        # A machine that was suspended meanwhile does not make a worker silent.
        waited = min(time.monotonic() - since, seconds)
        for worker in self.workers:
            worker.silent += waited
            if worker.beats in ready and worker.beats.recv(4096):
                worker.serves, worker.silent = True, 0.0
        return received.recv(4096) if received in ready else b""

    def _obey(self, number: int) -> None:
        if number in END:
            for worker in self.workers:
                worker.end(number if self.ending else signal.SIGTERM)
            self.ending = True
            self.vacancies.clear()
            self.outdated.clear()
        elif not self.ending:
            self.outdated = self.staying
            self.vacancies = [replace(vacancy, due=0.0) for vacancy in self.vacancies]

    def _kill_silent(self) -> None:
        for worker in self.workers:
            limit = self.grace if worker.leaves else self.silence
            if worker.silent > limit:
                log.error("Worker %s does not respond: killed after %g seconds", worker.process.pid, limit)
                worker.process.kill()
                worker.silent = 0.0

    def _bury(self, worker: Worker) -> None:
        """Remove a worker that ended, and replace it."""
        pid, code = worker.process.pid or 0, worker.process.exitcode or 0
        self.workers.remove(worker)
        worker.beats.close()
        self.on_death(pid)
        if not worker.leaves:
            # The cause of an outdated worker's failure may be fixed since.
            failures = 0 if worker in self.outdated else worker.failed_starts()
            self.outdated = [other for other in self.outdated if other is not worker]
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            longest = KILLED_DELAY if code in STOPPED else MAX_RESTART_DELAY
            self._succeed(f"Worker {pid} {how}", failures, longest)

    def _succeed(self, loss: str, failures: int, longest: float = MAX_RESTART_DELAY) -> None:
        """Replace a lost worker: at once, or with a delay if several in a row fail to start."""
        if len(self.staying) + len(self.vacancies) >= self.config.workers:
            if failures:
                self.outdated.clear()
                log.error("%s: the replacement of the workers stops, and the others stay. %s", loss, ADVICE)
            return
        delay = min(2.0 ** min(failures - 3, 5), longest) if failures > 1 else 0.0
        self.vacancies.append(Vacancy(time.monotonic() + delay, failures))
        if delay:
            log.error(
                "%s, the failed start number %d in a row: the next one is in %g s. %s",
                loss,
                failures,
                delay,
                ADVICE,
            )
        else:
            log.warning("%s: another one starts", loss)


def create_worker_app(settings: Settings) -> "Starlette":
    """The application of a process that serves it, tuned before it imports the graph."""
    tune_process()
    from podgraph.server.app import create_server_app

    return create_server_app(settings)


def _serve(config: uvicorn.Config, listener: socket.socket, beats: socket.socket) -> None:
    """The main function of a worker."""
    threading.Thread(target=_stop_with_supervisor, args=(config,), daemon=True).start()

    async def beat() -> None:
        # A stopped supervisor does not read beats, and a killed one needs none.
        with suppress(OSError):
            beats.send(b".")

    beats.setblocking(False)
    config.callback_notify, config.timeout_notify = beat, BEAT
    config.configure_logging()
    # Where a terminal interrupts all processes.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run([listener])


def _stop_with_supervisor(config: uvicorn.Config) -> None:
    """Wait for the end of the supervisor, then end like on SIGTERM."""
    if supervisor := multiprocessing.parent_process():
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep((config.timeout_graceful_shutdown or 0) + MARGIN)
        os._exit(1)
