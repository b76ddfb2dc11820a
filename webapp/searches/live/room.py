"""Everybody of one web process who watches one run: rows are read once for all of them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from channels.db import database_sync_to_async
from django.db import DatabaseError

from searchengine.core.jsontext import Json
from webapp.searches.live import reads

log = logging.getLogger(__name__)

FRAME_SECONDS = 0.1
"""At most ten frames a second; the first after a rest goes at once."""

REMEMBERED = 2000


class Watcher:
    """One socket's place in a room. What it has not been sent yet merges: a slow socket gets fewer, fuller
    frames."""

    def __init__(self, sent: int) -> None:
        self.sent = sent
        self.progress: dict[int, Json] = {}
        self.something = asyncio.Event()

    def wake(self) -> None:
        self.something.set()


class Room:
    """Lives while somebody watches. ``seq`` is the newest event read."""

    def __init__(self, run_id: int, seq: int, state: Json) -> None:
        self.run_id = run_id
        self.seq = seq
        self.state = state
        self.gone = False
        self.watchers: set[Watcher] = set()
        self._events: deque[Json] = deque(maxlen=REMEMBERED)
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def join(self, watcher: Watcher) -> None:
        self.watchers.add(watcher)
        if self._task is None:
            self._task = asyncio.create_task(self._read())

    def leave(self, watcher: Watcher) -> bool:
        """True when nobody is left."""
        self.watchers.discard(watcher)
        if self.watchers:
            return False
        if self._task is not None:
            self._task.cancel()
        return True

    def ring(self) -> None:
        """There is something new in the rows."""
        self._rung.set()

    def hear_progress(self, progress: Json) -> None:
        """A running evaluation reported; the newest word of each job counts."""
        for watcher in self.watchers:
            watcher.progress[progress["job"]] = progress
            watcher.wake()

    async def since(self, seq: int) -> list[Json] | None:
        """Events after ``seq``; None when there are too many for one frame, so the page must read itself
        again."""
        oldest = self._events[0]["seq"] if self._events else self.seq + 1
        if seq + 1 >= oldest or seq >= self.seq:
            return [event for event in self._events if event["seq"] > seq]
        if self.seq - seq > reads.MOST_EVENTS:
            return None
        found = await database_sync_to_async(reads.events_since)(self.run_id, seq)
        return [event for event in found if event["seq"] <= self.seq]

    async def _read(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            try:
                await self._read_once()
            except DatabaseError as error:
                log.warning("run %s cannot be read (%s); trying again", self.run_id, str(error).strip())
                self._rung.set()
                await asyncio.sleep(1.0)
                continue
            for watcher in self.watchers:
                watcher.wake()
            await asyncio.sleep(FRAME_SECONDS)

    async def _read_once(self) -> None:
        found = await database_sync_to_async(reads.standing)(self.run_id)
        if found is None:
            self.gone = True
            return
        while self.seq < found.seq:
            events = await database_sync_to_async(reads.events_since)(self.run_id, self.seq)
            if not events:
                break
            self._events.extend(events)
            self.seq = events[-1]["seq"]
        self.state = found.state
