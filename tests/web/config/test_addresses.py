"""One address of each server, in every spelling it is needed in."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from redis.connection import parse_url

from webapp.config import redis
from webapp.config.database import database_from


def test_a_database_address_is_taken_apart() -> None:
    found = database_from("postgresql://ann:a%40b%2Fc@db.example:6432/evo?sslmode=verify-full")
    assert found == {
        "NAME": "evo",
        "USER": "ann",
        "PASSWORD": "a@b/c",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "verify-full"},
    }


def test_a_database_may_be_reached_by_its_socket() -> None:
    assert database_from("postgres://ann@/evo?host=/run/postgresql")["HOST"] == "/run/postgresql"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///db.sqlite3", "PostgreSQL alone"),
        ("mysql://ann:hidden@db/evo", "PostgreSQL alone"),
        ("postgresql://ann:hidden@db.example", "name is missing"),
        ("postgresql:///evo", "host is missing"),
        ("postgresql://ann:hidden@db.example:port/evo", "port is no number"),
    ],
)
def test_another_address_is_refused_without_telling_the_password(url: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason) as refusal:
        database_from(url)
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "unix://:p%2Fw%40@/tmp/a%20b/redis.sock?db=3",
        "redis+socket://:p%2Fw%40@/tmp/a%20b/redis.sock?virtual_host=3",
    ],
)
def test_both_spellings_of_a_socket_lead_to_the_same_server(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    plain = parse_url(redis.redis_url())
    assert (plain["path"], plain["password"], plain["db"]) == ("/tmp/a b/redis.sock", "p/w@", 3)
    assert redis.broker_url() == "redis+socket://:p%2Fw%40@/tmp/a%20b/redis.sock?virtual_host=3"


@pytest.mark.parametrize("url", ["redis://:word@host:6380/2", "rediss://user:word@host/0"])
def test_a_network_address_is_the_same_in_both(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    assert redis.redis_url() == url
    assert redis.broker_url() == url


@pytest.mark.parametrize("url", ["memory://", "amqp://host", "host:6379", "http://host"])
def test_another_broker_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL must begin with"):
        redis.redis_url()


def test_celery_reaches_the_embedded_redis(redis_url: str) -> None:
    with Connection(redis.broker_url(redis_url)) as connection:
        connection.ensure_connection(max_retries=1)
        assert connection.connected
