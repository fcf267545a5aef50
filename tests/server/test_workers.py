"""Worker processes and their supervisor: what happens when one dies, hangs, or cannot start."""

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from processes import PROMPT, Running, is_worker, until

BACK_OFF = re.compile(r"the failed start number (\d+) in a row: the next one is in ([\d.]+) s\. The lines above show")


@dataclass(frozen=True)
class Supervised(Running):
    """Two workers that a folder steers; see `supervised.py`."""

    folder: Path

    def close(self) -> None:
        """Let the imports of new workers not end from now on."""
        (self.folder / "open").unlink()

    def open(self) -> None:
        (self.folder / "open").touch()

    def greet_with(self, greeting: str) -> None:
        (self.folder / "greeting").write_text(greeting)

    def break_starts(self) -> None:
        (self.folder / "greeting").unlink()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def greetings(self, asked: int = 10) -> set[str]:
        """The greetings in several responses, each on its own connection."""
        return {self.answer()[1] for _ in range(asked)}

    def answer(self) -> tuple[int, str]:
        """The worker that answers, and its greeting."""
        worker, greeting = httpx.get(self.address, timeout=60).text.split()
        return int(worker), greeting


@contextmanager
def supervised(folder: Path, silence: float = 60) -> Iterator[Supervised]:
    (folder / "open").touch()
    (folder / "greeting").write_text("first")
    command = [sys.executable, str(Path(__file__).parents[1] / "supervised.py"), str(folder), str(silence)]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        server = Supervised(process, process.stdout.readline().strip(), folder)
        try:
            answered: set[int] = set()
            while len(answered) < 2:
                answered.add(server.answer()[0])
            assert answered == server.workers()
            yield server
        finally:
            if process.poll() is None:
                for worker in server.workers():
                    kill(worker)
                process.kill()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Supervised]:
    with supervised(tmp_path) as made:
        yield made


def kill(worker: int) -> None:
    os.kill(worker, signal.SIGKILL)


def kill_and_await_successor(server: Supervised, worker: int) -> int:
    """Kill a worker: its successor, which has to be a process soon."""
    others = server.workers()
    kill(worker)
    until(lambda: server.workers() - others, PROMPT)
    (successor,) = server.workers() - others
    return successor


def test_a_worker_is_replaced_while_another_one_starts(server: Supervised) -> None:
    first, second = server.workers()
    server.close()
    starting = kill_and_await_successor(server, first)
    kill_and_await_successor(server, second)
    # One that has not come far enough to answer anything is replaced as well, however often.
    for _ in range(7):
        starting = kill_and_await_successor(server, starting)
    server.open()
    assert server.greetings() == {"first"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_workers_that_start(server: Supervised, number: int) -> None:
    server.close()
    for worker in server.workers():
        kill_and_await_successor(server, worker)
    workers = server.workers()
    server.process.send_signal(number)
    assert server.process.wait(PROMPT) == 0
    assert not any(map(is_worker, workers))


def test_a_signal_ends_a_supervisor_whose_worker_hangs(server: Supervised) -> None:
    stopped, _ = server.workers()
    os.kill(stopped, signal.SIGSTOP)
    server.terminate()
    # The worker has its grace, and is killed then.
    assert server.ended() == 0
    assert not is_worker(stopped)
    assert f"Worker {stopped} does not respond: killed" in server.log()


def test_sighup_replaces_each_worker_without_refusing_a_connection(server: Supervised) -> None:
    before = server.workers()
    server.greet_with("second")
    ended: list[bool] = []

    def ask() -> set[str]:
        heard: set[str] = set()
        while not ended:
            heard.add(server.answer()[1])
        return heard

    with ThreadPoolExecutor() as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        server.process.send_signal(signal.SIGHUP)
        try:
            until(lambda: len(server.workers()) == 2 and not server.workers() & before)
        finally:
            ended.append(True)
        assert {greeting for asked in asking for greeting in asked.result()} == {"first", "second"}
    assert server.greetings() == {"second"}


def test_sighup_acts_while_a_worker_starts(server: Supervised) -> None:
    survivor, killed = server.workers()
    server.close()
    starting = kill_and_await_successor(server, killed)
    server.process.send_signal(signal.SIGHUP)
    # One worker more, while the others stay.
    until(lambda: len(server.workers()) == 3, PROMPT)
    server.greet_with("second")
    server.open()
    until(lambda: len(server.workers()) == 2 and not server.workers() & {survivor, starting})
    assert server.greetings() == {"second"}


def test_sighup_keeps_the_workers_if_none_can_start(server: Supervised) -> None:
    before = server.workers()
    server.break_starts()
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "the replacement of the workers stops, and the others stay" in server.log())
    assert server.workers() == before
    assert server.greetings() == {"first"}
    server.greet_with("second")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: len(server.workers()) == 2 and not server.workers() & before)
    assert server.greetings() == {"second"}


def test_failed_starts_are_retried_with_increasing_delays(server: Supervised) -> None:
    killed, survivor = server.workers()
    server.break_starts()
    kill(killed)
    until(lambda: len(BACK_OFF.findall(server.log())) == 4)
    assert BACK_OFF.findall(server.log()) == [("2", "0.5"), ("3", "1"), ("4", "2"), ("5", "4")]
    assert "FileNotFoundError" in server.log()
    # Meanwhile the other one answers, and another one that is killed does not wait for its turn.
    assert server.greetings() == {"first"}
    server.greet_with("second")
    kill_and_await_successor(server, survivor)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: len(server.workers()) >= 2, PROMPT)
    until(lambda: server.greetings() == {"second"})


def test_a_failed_process_start_is_retried(server: Supervised) -> None:
    usual = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (8, usual[1]))
    kill(min(server.workers()))
    until(lambda: BACK_OFF.search(server.log()), PROMPT)
    assert "No process can be started (" in server.log()
    assert server.greetings() == {"first"}
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, usual)
    until(lambda: len(server.workers()) == 2)


def test_a_worker_that_hangs_is_replaced_and_delays_nothing(tmp_path: Path) -> None:
    with supervised(tmp_path, silence=10) as server:
        before = server.workers()
        with suppress(httpx.ReadTimeout):
            httpx.get(f"{server.address}/hang", timeout=1)
        hung = int((tmp_path / "hung").read_text())
        (other,) = before - {hung}
        kill_and_await_successor(server, other)
        until(lambda: hung not in server.workers())
        assert f"Worker {hung} does not respond: killed after 10 seconds" in server.log()
        until(lambda: len(server.workers()) == 2, PROMPT)


def test_workers_end_with_their_supervisor(server: Supervised) -> None:
    workers = server.workers()
    server.process.kill()
    until(lambda: not any(map(is_worker, workers)))
