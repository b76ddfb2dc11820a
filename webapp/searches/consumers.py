"""The socket of a run: who may watch it gets a snapshot, then frames; what a client sends does nothing."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from searchengine.core.jsontext import Json, dumps
from webapp.searches.live import reads
from webapp.searches.live.listener import rooms
from webapp.searches.live.room import FRAME_SECONDS, Room, Watcher

SIGNED_OUT = 4401
NOT_YOURS = 4403
HOSTILE = 4400
TOO_SLOW = 4008
"""Below 4400: the page connects again and catches up."""

BEAT_SECONDS = 4.0
"""A frame goes this often even when nothing is new, so that a page knows it is live."""

SEND_SECONDS = 20.0
MOST_SAID = 16
"""Messages a client may send in a socket's life; a page sends none."""


class RunConsumer(AsyncWebsocketConsumer):
    """Frames: ``{"type": "snapshot" | "frame", "seq": n, "events": [...], "state": {...}, "progress":
    [...]}``.

    ``seq`` is the newest event contained or known; a client whose own number is not right before the first
    event reads its page again, as it does on ``"reread": true``. ``?since=n`` asks for the events after
    ``n`` in the snapshot.
    """

    async def connect(self) -> None:
        self.room: Room | None = None
        self.said = 0
        self.task: asyncio.Task[None] | None = None
        self.user = self.scope.get("user")
        self.run_id = _number(self.scope["url_route"]["kwargs"]["run_id"])
        await self.accept()  # a refused handshake tells a page nothing; a close code does
        if self.user is None or not self.user.is_authenticated:
            await self.close(SIGNED_OUT)
            return
        if not await self._may_watch():
            await self.close(NOT_YOURS)
            return
        self.watcher = Watcher(sent=0)
        self.room = await rooms().enter(self.run_id, self.watcher)
        if self.room is None:
            await self.close(NOT_YOURS)
            return
        self.task = asyncio.create_task(self._tell())

    async def disconnect(self, code: int) -> None:
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self.task
        if self.room is not None:
            rooms().leave(self.room, self.watcher)
            self.room = None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page says ``{"type": "ping"}`` at most; anything else ends the socket."""
        self.said += 1
        if text_data != '{"type":"ping"}' or self.said > MOST_SAID:
            await self.close(HOSTILE)

    async def _tell(self) -> None:
        try:
            await self._snapshot()
            checked = time.monotonic()
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.watcher.something.wait(), BEAT_SECONDS)
                self.watcher.something.clear()
                now = time.monotonic()
                if now - checked >= settings.SESSION_CHECK_SECONDS:
                    checked = now
                    if not await self._may_watch():
                        await self.close(NOT_YOURS)
                        return
                if self.room is None or self.room.gone:
                    await self.close(NOT_YOURS)
                    return
                await self._frame()
                await asyncio.sleep(FRAME_SECONDS)
        except TimeoutError:
            await self.close(TOO_SLOW)

    async def _snapshot(self) -> None:
        found = await database_sync_to_async(reads.standing)(self.run_id)
        if found is None:
            await self.close(NOT_YOURS)
            return
        frame: Json = {"type": "snapshot", "seq": found.seq, "events": [], "state": found.state}
        since = _number(
            parse_qs(self.scope.get("query_string", b"").decode(errors="replace")).get("since", [""])[0]
        )
        if since >= 0:
            if 0 <= found.seq - since <= reads.MOST_EVENTS:
                events = await database_sync_to_async(reads.events_since)(self.run_id, since)
                frame["events"] = [event for event in events if event["seq"] <= found.seq]
            else:
                frame["reread"] = True
        frame["progress"] = await database_sync_to_async(reads.running)(self.run_id)
        self.watcher.sent = found.seq
        await self._send(frame)

    async def _frame(self) -> None:
        assert self.room is not None
        watcher, room = self.watcher, self.room
        seq = max(room.seq, watcher.sent)
        events = await room.since(watcher.sent)
        progress, watcher.progress = list(watcher.progress.values()), {}
        frame: Json = {
            "type": "frame",
            "seq": seq,
            "events": events or [],
            "state": room.state,
            "progress": progress,
        }
        if events is None:
            frame["reread"] = True
        elif events:
            frame["seq"] = seq = events[-1]["seq"]
        watcher.sent = seq
        await self._send(frame)

    async def _send(self, frame: Json) -> None:
        await asyncio.wait_for(self.send(text_data=dumps(frame)), SEND_SECONDS)

    async def _may_watch(self) -> bool:
        session: Any = self.scope.get("session")
        key = session.session_key if session is not None else None
        if not await database_sync_to_async(reads.still_signed_in)(key, self.user.pk):
            return False
        return await database_sync_to_async(reads.may_watch)(self.user, self.run_id)


def _number(text: str) -> int:
    """A number an id or event can have, else -1."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1
