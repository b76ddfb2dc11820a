"""The web process, on a socket the launcher holds."""

import resource
import socket
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

LARGEST_FRAME = 64 * 1024
"""Bytes of a socket message from a browser; ours are far smaller."""


class Command(BaseCommand):
    help = "Serve pages, REST and sockets on an inherited listening socket; `manage.py up` calls this."

    requires_system_checks = []  # `up` has made them; each would load every page

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fd", type=int, required=True, help="number of the listening socket")

    def handle(self, *args: Any, **options: Any) -> None:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # one descriptor an open page
        server = uvicorn.Server(
            uvicorn.Config(
                "webapp.config.asgi:application",
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                ws_max_size=LARGEST_FRAME,
                proxy_headers=bool(settings.TRUSTED_PROXIES),
                forwarded_allow_ips=settings.TRUSTED_PROXIES or None,
                timeout_graceful_shutdown=3,
            )
        )
        server.run(sockets=[socket.socket(fileno=options["fd"])])
