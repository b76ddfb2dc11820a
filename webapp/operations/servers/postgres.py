"""The embedded PostgreSQL: our own start of the server program, on a private socket and nothing else."""

import os
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from webapp.config.database import NAME, postgres_password
from webapp.config.sockets import socket_folder
from webapp.config.var import secret, var_folder
from webapp.operations.logs import open_log
from webapp.operations.processes import Seen, dies_with_parent, end, first_of, working_in
from webapp.operations.servers.identity import Identity, identity
from webapp.operations.servers.places import SHARED, Places, draft_of, owned, places

SUPERUSER = "postgres"
PORT = 5432
"""Part of the socket's name; no port is opened."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "200",
    "max_parallel_workers_per_gather": "0",  # small queries, and containers with little shared memory
    "io_method": "sync",  # no helper processes where one disk serves few connections
    "max_logical_replication_workers": "0",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "scram_iterations": "1",  # the password is 64 random signs: a slow hash would only slow us down
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
}


class PostgresRefused(RuntimeError):
    """The embedded database did not start; the text says why and where its log lies."""


@dataclass
class Postgres:
    """The server of this `var/`. `fast` trades safety for speed: for tests alone."""

    fast: bool = False
    bound: bool = False
    """Whether the server dies with the process that started it."""

    who: Identity = field(default_factory=identity)
    shared: Path = SHARED
    """Where its files lie when its identity cannot enter `var/`."""

    child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.places: Places = places(self.who, self.shared)
        self.log: Path = var_folder("logs") / "postgres.log"
        self._seen = Seen(self.places.data, "postgres")

    @property
    def sockets(self) -> Path:
        """The folder its socket lies in; another one after a stop, where `var/` has too long a path."""
        return socket_folder(self.who.uid)

    @property
    def pid(self) -> int | None:
        """The server's process id; None when it is down."""
        return self._seen.pid

    def answers(self) -> bool:
        """True when our own role can sign in and ask something."""
        try:
            self._ask(NAME, "SELECT 1", user=NAME, password=postgres_password())
        except psycopg.OperationalError:
            return False
        return True

    def ensure(self, patience: float = 60.0) -> None:
        """Make the server answer: adopt a living one, else start it. Raises PostgresRefused.

        One process at a time may call this for one `var/`.
        """
        if self.answers():
            return
        if self._adopted(patience):
            return
        self._clear_remains()
        if not (self.places.data / "PG_VERSION").exists():
            self._make()
        self._check_version()
        self._start()
        self._wait(patience)
        self._prepare_role_and_database()

    def stop(self) -> None:
        """End the server: at once but in order first, by force after ten seconds."""
        family = working_in(self.places.data, "postgres")
        head = first_of(family)
        if head is not None:
            end([head], signal.SIGINT, signal.SIGQUIT, signal.SIGKILL, patience=10)
        end(working_in(self.places.data, "postgres"), signal.SIGQUIT, signal.SIGKILL, patience=3)
        self.reap()

    def reap(self) -> int | None:
        """The exit code of the server if this process started it and it has ended."""
        return self.child.poll() if self.child else None

    def _adopted(self, patience: float) -> bool:
        """True when a server of this folder lives and answers in time; one out of reach is ended."""
        head = first_of(working_in(self.places.data, "postgres"))
        if head is None:
            return False
        if (self.sockets / f".s.PGSQL.{PORT}").is_socket():
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline and head.is_running():
                if self._listens():
                    self._prepare_role_and_database()
                    return True
                time.sleep(0.1)
        self.stop()
        return False

    def _clear_remains(self) -> None:
        """End what outlived a killed server; remove the locks it left, which a new process id may match."""
        end(working_in(self.places.data, "postgres"), signal.SIGQUIT, signal.SIGKILL, patience=5)
        (self.places.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.sockets / name).unlink(missing_ok=True)

    def _make(self) -> None:
        draft = draft_of(self.places.data)
        if draft.exists():  # of a start that was killed
            subprocess.run(["rm", "-rf", "--", str(draft)], check=True)
        owned(draft, self.who)
        note = self.sockets / f"initdb-{secrets.token_hex(4)}"
        note.touch(mode=0o600)
        try:
            note.write_text(secret("postgres-superuser-password"))
            if self.who.uid is not None:
                os.chown(note, self.who.uid, -1)
            self._run(
                "initdb",
                f"--pgdata={draft}",
                f"--username={SUPERUSER}",
                f"--pwfile={note}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--set=scram_iterations=1",
                "--no-instructions",
                *(["--no-sync"] if self.fast else []),
            )
        finally:
            note.unlink()
        draft.rename(self.places.data)

    def _check_version(self) -> None:
        made = (self.places.data / "PG_VERSION").read_text().strip()
        said = subprocess.run(
            [str(self.places.programs / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
        if f" {made}." not in said:
            raise PostgresRefused(
                f"{self.places.data} was made by PostgreSQL {made}, but {said.strip()} is installed; "
                "dump it with the earlier release (docs/operations.md) and load the dump here"
            )

    def _start(self) -> None:
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets)}
        if self.fast:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open_log(self.log) as log:
            self.child = subprocess.Popen(
                [
                    *self.who.prefix,
                    str(self.places.programs / "postgres"),
                    "-D",
                    str(self.places.data),
                    *options,
                ],
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGINT) if self.bound else None,
                **self.who.popen,  # type: ignore[call-overload]
            )

    def _wait(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not self._listens():
            code = self.reap()
            if code is not None or time.monotonic() > deadline:
                said = (
                    f"ended with code {code}"
                    if code is not None
                    else f"did not answer within {patience:.0f} s"
                )
                raise PostgresRefused(
                    f"the embedded PostgreSQL {said}; its log {self.log} ends:\n{_tail(self.log)}"
                )
            time.sleep(0.05)

    def _listens(self) -> bool:
        try:
            self._as_superuser("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _prepare_role_and_database(self) -> None:
        """The product's role owns its database and is no superuser: it reads no files, runs no programs."""
        if not self._as_superuser(f"SELECT 1 FROM pg_roles WHERE rolname = '{NAME}'"):
            self._as_superuser(f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{postgres_password()}'")
        if not self._as_superuser(f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'"):
            self._as_superuser(f"CREATE DATABASE {NAME} OWNER {NAME}")

    def _as_superuser(self, sql: str) -> list[tuple[object, ...]]:
        return self._ask(SUPERUSER, sql, user=SUPERUSER, password=secret("postgres-superuser-password"))

    def _ask(self, database: str, sql: str, *, user: str, password: str) -> list[tuple[object, ...]]:
        with psycopg.connect(
            host=str(self.sockets),
            port=PORT,
            dbname=database,
            user=user,
            password=password,
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *options: str) -> None:
        done = subprocess.run(
            [*self.who.prefix, str(self.places.programs / program), *options],
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **self.who.popen,  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            raise PostgresRefused(f"{program} ended with code {done.returncode}: {done.stderr.strip()}")


def _environment() -> dict[str, str]:
    """A bare environment: PGDATA, PGHOST and their like of the person's own servers stay out."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
