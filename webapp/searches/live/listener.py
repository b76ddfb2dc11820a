"""One ear a web process: hears what workers and stewards publish, and rings the rooms."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from channels.db import database_sync_to_async
from django.conf import settings
from redis.exceptions import RedisError

from searchengine.core.jsontext import loads
from webapp.searches.live import reads
from webapp.searches.live.publish import CHANNEL
from webapp.searches.live.room import Room, Watcher

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
CALM_SECONDS = 3.0
"""Rooms look at the rows this often even when no bell rang: one may have been lost."""


class Rooms:
    """The rooms of one event loop."""

    def __init__(self) -> None:
        self._rooms: dict[int, Room] = {}
        self._ear: asyncio.Task[None] | None = None
        self._clock: asyncio.Task[None] | None = None

    async def enter(self, run_id: int, watcher: Watcher) -> Room | None:
        """The room of a run with ``watcher`` in it; None when the run is gone."""
        room = self._rooms.get(run_id)
        if room is None:
            found = await database_sync_to_async(reads.standing)(run_id)
            if found is None:
                return None
            room = self._rooms.setdefault(run_id, Room(run_id, found.seq, found.state))
        room.join(watcher)
        room.ring()
        if self._ear is None or self._ear.done():
            self._ear = asyncio.create_task(self._listen())
        if self._clock is None or self._clock.done():
            self._clock = asyncio.create_task(self._tick())
        return room

    def leave(self, room: Room, watcher: Watcher) -> None:
        if room.leave(watcher) and self._rooms.get(room.run_id) is room:
            del self._rooms[room.run_id]
        if not self._rooms:
            for task in (self._ear, self._clock):
                if task is not None:
                    task.cancel()
            self._ear = self._clock = None

    async def _listen(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                async with (
                    redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2.0) as client,
                    client.pubsub() as pubsub,
                ):
                    await pubsub.subscribe(CHANNEL)
                    pause = FIRST_PAUSE
                    self._ring_all()  # whatever was published before we listened
                    async for message in pubsub.listen():
                        self._hear(message)
            except (RedisError, OSError) as error:
                log.warning("live bells are silent (%s); listening again in %.1f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(CALM_SECONDS)
            self._ring_all()

    def _ring_all(self) -> None:
        for room in self._rooms.values():
            room.ring()

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] != "message":
            return
        try:
            said = loads(message["data"])
            room = self._rooms.get(said["run"])
        except (ValueError, KeyError, TypeError):
            log.warning("an unreadable bell: %.100r", message["data"])
            return
        if room is None:
            return
        if "progress" in said:
            room.hear_progress(said["progress"])
        else:
            room.ring()


_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Rooms] = WeakKeyDictionary()


def rooms() -> Rooms:
    """The rooms of the running event loop: one in a web process."""
    return _by_loop.setdefault(asyncio.get_running_loop(), Rooms())
