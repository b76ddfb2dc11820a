"""Being seen: the worker's row, renewed by the database's clock from a thread of its own."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.models.functions import Now

from webapp.operations.machine import code_version, devices, memory_bytes
from webapp.searches.models import Worker

log = logging.getLogger(__name__)


class Presence:
    """One life of this worker. ``owner`` names it on leases and is another one after every start."""

    def __init__(self, name: str, slots: int = 1) -> None:
        self.name = name
        self.slots = slots
        self.owner = f"{name}/{secrets.token_hex(4)}"
        self._worker_id: int | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    @classmethod
    def of_celery(cls, hostname: str, slots: int = 1) -> Presence:
        """Named after the slot, without the process id: a restarted slot keeps its lane on the pages."""
        name, _, machine = hostname.partition("@")
        return cls(f"{name.removesuffix(f'-{os.getpid()}')}@{machine or socket.gethostname()}", slots)

    def start(self) -> None:
        """Begin renewing; the row is written as soon as the database is there."""
        self._thread.start()

    @property
    def worker_id(self) -> int:
        """The worker's row; registers it when that has not been done."""
        if self._worker_id is None:
            self._worker_id = self._register()
        return self._worker_id

    def goodbye(self) -> None:
        """The worker ends on purpose: pages say stopped, not lost."""
        self._ended.set()
        if self._worker_id is not None:
            Worker.objects.filter(pk=self._worker_id).update(stopped=Now(), last_seen=Now())

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                rows = Worker.objects.filter(pk=self.worker_id)
                if not rows.update(last_seen=Now(), gone=None, stopped=None):
                    self._worker_id = None  # forgotten while it was away: registered anew
                    continue
            except DatabaseError as error:
                log.warning("the database does not answer (%s); the worker goes on", str(error).strip())
                connections.close_all()
            self._ended.wait(settings.RENEW_SECONDS)
        connections.close_all()

    def _register(self) -> int:
        row, _ = Worker.objects.update_or_create(
            name=self.name,
            defaults={
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "slots": self.slots,
                "device": ", ".join(devices())[:80],
                "memory_bytes": memory_bytes(),
                "code_version": code_version()[:80],
                "started": Now(),
                "last_seen": Now(),
                "stopped": None,
                "gone": None,
            },
        )
        return row.pk
