"""A person at a running product: signs in as a browser does, speaks to the API, opens sockets."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.live.stack import Stack
from tests.waits import wait_until

PROBES = str(Path(__file__).parents[1] / "probe_methods")


class Visitor:
    """The first account of ``stack``, signed in."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.sign_in()

    def sign_in(self) -> None:
        page = self.opener.open(f"{self.stack.base_url}/signin/", timeout=20).read().decode()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found, "the sign-in page holds no token"
        form = {
            "username": self.stack.username,
            "password": self.stack.password,
            "csrfmiddlewaretoken": found[1],
        }
        request = urllib.request.Request(
            f"{self.stack.base_url}/signin/",
            data=urllib.parse.urlencode(form).encode(),
            headers={"Referer": f"{self.stack.base_url}/signin/"},
        )
        self.opener.open(request, timeout=20).read()
        assert self.cookie("sessionid"), "signing in failed"

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.cookies if cookie.name == name), "")

    def call(self, path: str, body: Any = None) -> tuple[int, Any]:
        """GET, or POST of ``body`` as JSON; status 0 when nothing answers."""
        request = urllib.request.Request(
            f"{self.stack.base_url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "X-CSRFToken": self.cookie("csrftoken"),
                "Referer": self.stack.base_url,
            },
        )
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
        except OSError:
            return 0, {}

    def prepared(self, slug: str = "digits") -> int:
        """The id of a built-in data set once it is prepared."""
        rows = self.call("datasets/")[1]["results"]
        found = next(row for row in rows if row["slug"] == slug)
        if found["state"] != "ready":
            self.call(f"datasets/{found['id']}/prepare/", {})
        wait_until(
            lambda: self.call(f"datasets/{found['id']}/")[1]["state"] == "ready", 90, f"{slug} to be prepared"
        )
        return int(found["id"])

    def launch(
        self, method: str = "probe", *, window: int = 4, seed: int = 11, data: str = "digits", **values: Any
    ) -> int:
        """Launch a run; its id."""
        wish = {
            "method": method,
            "dataset": self.prepared(data),
            "window": window,
            "seed": seed,
            "values": {"finalists": 0, **values},
        }
        status, run = self.call("runs/", wish)
        assert status == 201, run
        return int(run["id"])

    def run(self, run_id: int) -> dict[str, Any]:
        """The run's row; empty while nothing answers."""
        status, run = self.call(f"runs/{run_id}/")
        return run if status == 200 else {}

    def until(
        self, run_id: int, holds: Callable[[dict[str, Any]], bool], seconds: float, what: str
    ) -> dict[str, Any]:
        """Wait until the run's row satisfies ``holds``; returns the row."""

        def looked() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if run and holds(run) else None

        found: dict[str, Any] = wait_until(looked, seconds, what)
        return found

    def finished(self, run_id: int, seconds: float = 120) -> dict[str, Any]:
        """Wait for the end of a run; it must be a good one."""
        ended = self.until(
            run_id,
            lambda run: run["state"] in ("finished", "failed", "broken", "cancelled"),
            seconds,
            f"run {run_id} to end",
        )
        assert ended["state"] == "finished", ended
        return ended

    def socket(
        self, run_id: int | str, *, origin: str | None = "", signed_in: bool = True, query: str = ""
    ) -> ClientConnection:
        """A socket on a run, with the browser's headers. ``origin`` None sends none."""
        headers = {"Cookie": f"sessionid={self.cookie('sessionid')}"} if signed_in else {}
        address = self.stack.base_url.replace("http", "ws", 1)
        return connect(
            f"{address}/ws/runs/{run_id}/{query}",
            origin=self.stack.base_url if origin == "" else origin,  # type: ignore[arg-type]
            additional_headers=headers,
            open_timeout=20,
            max_size=None,
            ping_interval=None,
        )
