"""The embedded servers: private, adopted when alive, started anew when stale, stopped by their last user."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from tests.waits import wait_until
from webapp.config.redis import redis_url
from webapp.config.sockets import forget_sockets
from webapp.config.var import HOME
from webapp.operations.servers.identity import Identity, identity, user_called
from webapp.operations.servers.places import draft_of
from webapp.operations.servers.postgres import Postgres
from webapp.operations.servers.redis import RedisServer
from webapp.operations.servers.use import Servers

pytestmark = pytest.mark.live

USE = """
import json, sys
from webapp.operations.servers.use import Servers
servers = Servers(fast=True)
servers.take()
print(json.dumps(servers.pids()), flush=True)
sys.stdin.read()
print(json.dumps(servers.leave()), flush=True)
"""


@pytest.fixture
def servers(evoscope_var: Path) -> Iterator[Servers]:
    """Both servers of a fresh `var/`, in use."""
    made = Servers(fast=True, bound=True)
    made.take()
    yield made
    made.stop()


@pytest.fixture
def user_of_var(evoscope_var: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts processes that use the servers until their input ends."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", USE], cwd=HOME, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    Servers(fast=True).stop()


def test_they_listen_on_sockets_that_only_their_owner_can_reach(servers: Servers) -> None:
    folder = sockets_of(servers)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for pid in pids_of(servers):
        connections = psutil.Process(pid).net_connections(kind="inet")
        assert connections == []


@pytest.mark.parametrize("name", [".s.PGSQL.5432", "redis.sock"])
def test_another_user_of_the_machine_is_kept_out(servers: Servers, name: str) -> None:
    path = sockets_of(servers) / name
    assert reached_as_stranger(path) is False
    socket.socket(socket.AF_UNIX).connect(
        str(path)
    )  # the same call by the owner, so the refusal above means something


def test_without_the_password_they_refuse(servers: Servers) -> None:
    folder = sockets_of(servers)
    for user in ("postgres", "evoscope"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=str(folder), user=user, dbname="postgres", password="guess")
        with pytest.raises(psycopg.OperationalError, match="no password"):
            psycopg.connect(host=str(folder), user=user, dbname="postgres")
    stranger = Redis(unix_socket_path=str(folder / "redis.sock"))
    with pytest.raises(AuthenticationError):
        stranger.ping()


def test_no_secret_stands_in_a_command_line_or_a_file_others_can_read(
    servers: Servers, evoscope_var: Path
) -> None:
    secrets = [path.read_text().strip() for path in (evoscope_var / "secrets").iterdir()]
    assert len(secrets) == 3
    for pid in pids_of(servers):
        said = " ".join(psutil.Process(pid).cmdline())
        assert not any(secret in said for secret in secrets)
    for path in (*(evoscope_var / "secrets").iterdir(), evoscope_var / "redis" / "redis.conf"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for name in ("secrets", "redis", "postgres", "run", "logs"):
        assert stat.S_IMODE((evoscope_var / name).stat().st_mode) == 0o700


def test_the_product_itself_is_no_superuser(servers: Servers) -> None:
    assert servers.postgres is not None
    password = (Path(os.environ["EVOSCOPE_VAR"]) / "secrets" / "postgres-password").read_text().strip()
    with (
        psycopg.connect(
            host=str(servers.postgres.sockets), user="evoscope", dbname="evoscope", password=password
        ) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("COPY (SELECT 1) TO PROGRAM 'true'")


def test_a_living_server_is_adopted_and_never_doubled(servers: Servers) -> None:
    before = servers.pids()
    again = Servers(fast=True)
    again.take()
    assert again.pids() == before
    assert again.leave() is False  # the first user is still there
    assert servers.pids() == before


def test_processes_that_start_at_once_share_one_pair_and_the_last_one_out_stops_it(
    user_of_var: Callable[[], "subprocess.Popen[str]"],
) -> None:
    users = [user_of_var() for _ in range(3)]
    told = [json.loads(line_of(user)) for user in users]
    assert told[0] == told[1] == told[2]
    stopped = [json.loads(user.communicate("")[0]) for user in users]
    assert stopped == [False, False, True]
    wait_until(lambda: not any(map(psutil.pid_exists, told[0].values())), 10, "the servers to be gone")


def test_servers_whose_users_were_all_killed_live_on_and_are_adopted(
    user_of_var: Callable[[], "subprocess.Popen[str]"],
) -> None:
    first = user_of_var()
    told = json.loads(line_of(first))
    first.kill()
    first.communicate()
    assert json.loads(line_of(user_of_var())) == told


@pytest.mark.parametrize("victim", ["postgres", "redis"])
def test_a_killed_server_starts_again_on_its_stale_files(servers: Servers, victim: str) -> None:
    old = servers.pids()[victim]
    assert old is not None
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: servers.dead() == [victim], 10, "the server to be found dead")
    servers.ensure()
    assert servers.pids()[victim] not in {None, old}
    assert servers.dead() == []


def test_a_lock_that_names_a_living_stranger_is_seen_to_be_stale(servers: Servers) -> None:
    assert servers.postgres is not None
    lock = servers.postgres.places.data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    old = servers.postgres.pid
    assert old is not None
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: servers.dead() == ["postgres"], 10, "the server to be found dead")
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")  # a process id that was given out anew
    (servers.postgres.sockets / ".s.PGSQL.5432.lock").write_text(
        f"{os.getpid()}\n{servers.postgres.places.data}\n"
    )
    servers.ensure()
    assert servers.postgres.answers()


def test_servers_whose_sockets_were_removed_are_replaced(servers: Servers) -> None:
    before = servers.pids()
    for path in sockets_of(servers).iterdir():
        path.unlink()
    servers.ensure()
    after = servers.pids()
    assert all(after.values())
    assert set(after.values()).isdisjoint(before.values())


def test_a_start_killed_while_it_made_the_database_is_begun_again(evoscope_var: Path) -> None:
    server = Postgres(fast=True, bound=True)
    draft = draft_of(server.places.data)
    (draft / "base").mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    try:
        server.ensure()
        assert server.answers()
        assert not draft.exists()
    finally:
        server.stop()


def test_what_was_stored_is_there_after_a_stop(servers: Servers) -> None:
    assert servers.postgres is not None
    servers.postgres._as_superuser("CREATE TABLE kept (n int)")
    servers.postgres._as_superuser("INSERT INTO kept VALUES (41)")
    servers.stop()
    servers.ensure()
    assert servers.postgres._as_superuser("SELECT n FROM kept") == [(41,)]


def identities() -> list[Identity]:
    """Every way this user may run the database: root may map itself, and may hand it to another user."""
    return [identity(), *([user_called("nobody")] if os.geteuid() == 0 else [])]


@pytest.mark.parametrize("who", identities(), ids=lambda who: "other-user" if who.uid else "own")
def test_the_database_runs_under_an_identity_that_is_not_root(evoscope_var: Path, who: Identity) -> None:
    with tempfile.TemporaryDirectory(prefix="ev-shared-") as shared:
        Path(shared).chmod(0o755)
        server = Postgres(fast=True, bound=True, who=who, shared=Path(shared))
        try:
            server.ensure()
            assert server.answers()
            assert stat.S_IMODE(server.places.data.stat().st_mode) == 0o700
            assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
            if who.uid is not None:
                assert server.pid is not None
                assert psutil.Process(server.pid).uids().effective == who.uid
        finally:
            server.stop()
            forget_sockets()


def test_redis_keeps_nothing_on_disk(evoscope_var: Path) -> None:
    server = RedisServer(bound=True)
    server.ensure()
    try:
        with Redis.from_url(redis_url()) as redis:
            redis.set("bell", "rung")
    finally:
        server.stop()
    assert [path.name for path in (evoscope_var / "redis").iterdir()] == ["redis.conf"]


def sockets_of(servers: Servers) -> Path:
    assert servers.postgres is not None
    return servers.postgres.sockets


def pids_of(servers: Servers) -> list[int]:
    found = [pid for pid in servers.pids().values() if pid]
    assert len(found) == 2
    return found


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the process ended before it said anything"
    return line


def reached_as_stranger(path: Path) -> bool:
    """Whether a user of another id can connect.

    Root tries it as nobody; anybody else cannot become another user, and the folder's mode must tell.
    """
    if os.geteuid() != 0:
        return path.parent.stat().st_uid != os.geteuid() or bool(path.parent.stat().st_mode & 0o077)
    child = os.fork()
    if child == 0:
        code = 2
        try:
            os.setgroups([])
            os.setgid(65_534)
            os.setuid(65_534)
            socket.socket(socket.AF_UNIX).connect(str(path))
            code = 1
        except PermissionError:
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, 1}, "the stranger's attempt failed for another reason than permission"
    return code == 1
