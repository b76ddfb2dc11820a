"""Running a `manage.py` command with a database at hand."""

import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from webapp.operations.servers.binaries import ServerMissing
from webapp.operations.servers.identity import NoIdentity
from webapp.operations.servers.postgres import PostgresRefused
from webapp.operations.servers.redis import RedisRefused
from webapp.operations.servers.use import servers_in_use

WITHOUT_SERVERS = {"", "help", "version", "up", "worker"}
"""They need none, or see to theirs themselves."""


def run(argv: list[str]) -> None:
    """Execute `argv`; a refusal in words ends with code 1 and no trace."""
    command = argv[1] if len(argv) > 1 else ""
    asks_for_help = command.startswith("-") or not {"-h", "--help"}.isdisjoint(argv)
    try:
        if command in WITHOUT_SERVERS or asks_for_help:
            execute_from_command_line(argv)
            return
        with servers_in_use(redis=False):
            execute_from_command_line(argv)
    except (PostgresRefused, RedisRefused, ServerMissing, NoIdentity, ImproperlyConfigured) as refusal:
        sys.exit(f"{argv[0]}: {refusal}")
