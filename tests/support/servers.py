"""A real PostgreSQL of the tests' own, where Debian's package (or another) is installed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy


def programs() -> Path | None:
    """The folder of PostgreSQL's server programs, the newest; None where there is none."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    found_here = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3])
    )
    return found_here[-1].parent if found_here else None


class Postgres:
    """A server on a free port of loopback, its data in a temporary folder."""

    PASSWORD = "s3cret-of-the-tests"

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._databases = 0
        self._folder = Path(tempfile.mkdtemp(prefix="kouka-postgres-"))
        # It refuses to run as root, as whom continuous integration often runs.
        self._user = "postgres" if os.getuid() == 0 else None
        if self._user is not None:
            os.chown(self._folder, pwd.getpwnam(self._user).pw_uid, -1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        password = self._folder / "password"
        password.write_text(self.PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "--username=kouka", f"--pwfile={password}", "--auth=scram-sha-256",
                  "--no-sync")  # fmt: skip
        self.start()

    def url(self, database: str = "postgres") -> str:
        """A storage URL, its password in it."""
        return f"postgresql+psycopg://kouka:{self.PASSWORD}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The name of a database that is new and empty."""
        self._databases += 1
        name = f"test{self._databases}"
        engine = sqlalchemy.create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return name

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            "-c fsync=off -c max_connections=200"
        )
        self._run("pg_ctl", "--wait", "--log", str(self._folder / "log"), "--options", options,
                  "start")  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        """Stop it and break every connection."""
        self._run("pg_ctl", "--wait", "--mode", mode, "stop")

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # a test may have stopped it
            self.stop("immediate")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "--pgdata", str(self._folder / "data"),
                   *arguments]  # fmt: skip
        subprocess.run(
            command, user=self._user, cwd=self._folder, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
