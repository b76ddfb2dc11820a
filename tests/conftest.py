"""One embedded PostgreSQL and Redis for the whole session, in a `var/` of its own.

Nothing starts before a test asks for the database or for Redis, so tests of the engine stay bare.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.order import place, together

SESSION = Path(tempfile.mkdtemp(prefix="evoscope-test-"))

# Before Django reads its settings. The tests never touch a team's servers nor the person's own var/.
for name in [name for name in os.environ if name.startswith("EVOSCOPE_")]:
    if name not in {"EVOSCOPE_MEASURE_DATA", "EVOSCOPE_LONG_SCALE", "EVOSCOPE_CHROMIUM"}:
        del os.environ[name]
os.environ.pop("DATABASE_URL", None)
os.environ.pop("REDIS_URL", None)
os.environ.update(
    DJANGO_SETTINGS_MODULE="webapp.config.settings",
    EVOSCOPE_VAR=str(SESSION / "var"),
    EVOSCOPE_LEASE_SECONDS="3",
    EVOSCOPE_RENEW_SECONDS="0.6",
    EVOSCOPE_SWEEP_SECONDS="0.6",
    EVOSCOPE_PAUSE_SECONDS="6",
    EVOSCOPE_STALL_SECONDS="20",
    EVOSCOPE_SESSION_CHECK_SECONDS="1",
    EVOSCOPE_LOG_LEVEL="WARNING",
    OMP_NUM_THREADS="1",
)

import django  # noqa: E402  the settings must read what was set above
from django.conf import settings  # noqa: E402

# Half a second a person that a test makes: slow hashes are for the product, and the live tests' own.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
django.setup()

from django.contrib.contenttypes.management import create_contenttypes  # noqa: E402
from django.db.models.signals import post_migrate  # noqa: E402

# After every test with transactions Django would fill two tables anew that the product never reads.
post_migrate.disconnect(create_contenttypes)
post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@pytest.fixture(scope="session")
def embedded_servers() -> Iterator[None]:
    """The session's servers; they die with the tests, even by kill -9."""
    from webapp.operations.servers.use import Servers

    servers = Servers(fast=True, bound=True)
    servers.take()
    yield
    servers.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded_servers: None) -> None:
    """The database is up before pytest-django makes its test database in it."""


@pytest.fixture(scope="session")
def redis_url(embedded_servers: None) -> str:
    """The session's Redis, as redis-py spells it."""
    from django.conf import settings

    url: str = settings.REDIS_URL
    return url


@pytest.fixture(scope="session")
def built_in_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root for built-in sets as they come, each prepared once a test run by whoever needs it first.
    Nothing else is written there."""
    from tests.prepared import shared_folder

    return shared_folder(tmp_path_factory)


@pytest.fixture(scope="session")
def prepared_data(built_in_root: Path) -> Path:
    """That folder with all built-in sets in it, to be copied."""
    from tests.prepared import prepare_all

    prepare_all(built_in_root)
    return built_in_root


@pytest.fixture
def evoscope_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `var/` of the test's own, for this process and those it starts.

    Its path is short, so that sockets lie inside it.
    """
    short = Path(tempfile.mkdtemp(prefix="ev-", dir=SESSION))
    monkeypatch.setenv("EVOSCOPE_VAR", str(short))
    return short


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that parallel processes end together."""
    items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile`, the browser's files go to one process together."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Each parallel process reads settings of its own, after it has come here, and starts its own servers."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(SESSION, ignore_errors=True)
