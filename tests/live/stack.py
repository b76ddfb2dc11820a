"""The real product for a test: `manage.py up` in a `var/` of its own, with a hand on each process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.waits import wait_until
from webapp.config.var import HOME
from webapp.operations.processes import dies_with_parent

PASSWORD = "a password for tests 7"
USERNAME = "admin"


class Stack:
    """One `var/` and the launcher on it.

    A role is one of web, steward, preparer, slot-1 ..., postgres, redis, launcher. With `data`, a folder of
    prepared sets, the first start finds a copy of it in `var/`, as after a restored backup.
    """

    def __init__(self, var: Path, *, slots: int = 1, data: Path | None = None, **environment: str) -> None:
        self.var = var
        self.slots = slots
        self.data = data
        self.store = Path(environment.get("EVOSCOPE_STORE") or var / "artifacts")
        self.username = USERNAME
        self.password = PASSWORD
        self.base_url = ""
        self.said = var.with_name(f"{var.name}.said")
        self.environment = {
            **os.environ,
            "EVOSCOPE_VAR": str(var),
            "EVOSCOPE_ADMIN_PASSWORD": PASSWORD,
            "EVOSCOPE_LOG_LEVEL": "INFO",
            "EVOSCOPE_CALIBRATE": "0",  # demos are float32; timing would only take cores from the tests
            **environment,
        }
        self._launcher: subprocess.Popen[bytes] | None = None

    # --- the whole -----------------------------------------------------------------------------------

    def start(self, *arguments: str, seconds: float = 180.0) -> "Stack":
        """Start the launcher and wait until it says where it listens."""
        if self.data is not None and not (self.var / "data").exists():
            shutil.copytree(self.data, self.var / "data", ignore=shutil.ignore_patterns(".*"))
        answer = self.var.with_name(f"{self.var.name}.json")
        command = ["up", "--json", "--port", "0", "--slots", str(self.slots), *arguments]
        with self.said.open("ab") as said, answer.open("wb") as out:
            self._launcher = subprocess.Popen(
                [sys.executable, str(HOME / "manage.py"), *command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=said,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        launcher = self._launcher
        wait_until(
            lambda: answer.read_text() or launcher.poll() is not None, seconds, "the launcher to be ready"
        )
        if not answer.read_text():
            raise AssertionError(f"the launcher ended with code {launcher.returncode}:\n{self.words()}")
        self.base_url = json.loads(answer.read_text())["address"].rstrip("/")
        return self

    def end(self, sign: signal.Signals = signal.SIGTERM, seconds: float = 30.0) -> int | None:
        """End the launcher as Ctrl-C or a service manager would; its exit code, None when it did not run."""
        if self._launcher is None:
            return None
        with suppress(ProcessLookupError):
            self._launcher.send_signal(sign)
        code = self._launcher.wait(seconds)
        self._launcher = None
        return code

    def restart(self) -> "Stack":
        """End in order and start again."""
        self.end()
        return self.start()

    def kill_everything(self) -> None:
        """kill -9 of the launcher and of every process of this `var/`, servers and trainings included."""
        for process in [*([self.process("launcher")] if self._launcher else []), *self.processes()]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._reap()
        wait_until(lambda: not self.processes(), 10, "every killed process to be gone")

    def words(self) -> str:
        """Everything the launcher said to people, over all starts."""
        return self.said.read_text(errors="replace") if self.said.exists() else ""

    # --- one process ---------------------------------------------------------------------------------

    def pids(self) -> dict[str, int]:
        """The living processes by role."""
        with suppress(FileNotFoundError, ValueError):
            said = json.loads((self.var / "run" / "launcher.json").read_text())
            found = {role: pid for role, pid in said["processes"].items() if pid and _lives(pid)}
            return {**found, **({"launcher": said["pid"]} if _lives(said["pid"]) else {})}
        return {}

    def pid(self, role: str, seconds: float = 20.0) -> int:
        """The process id of a role, waited for."""
        found: int = wait_until(lambda: self.pids().get(role), seconds, f"{role} to run")
        return found

    def process(self, role: str) -> psutil.Process:
        """A role's process."""
        return psutil.Process(self.pid(role))

    def kill(self, role: str) -> int:
        """kill -9 of one role; the process id it had."""
        pid = self.pid(role)
        os.kill(pid, signal.SIGKILL)
        if role == "launcher":
            self._reap()
        wait_until(lambda: not _lives(pid), 10, f"{role} to be gone")
        return pid

    def pause(self, role: str) -> int:
        """SIGSTOP: alive, but does nothing."""
        pid = self.pid(role)
        os.kill(pid, signal.SIGSTOP)
        return pid

    def wake(self, pid: int) -> None:
        """SIGCONT."""
        os.kill(pid, signal.SIGCONT)

    def back(self, role: str, old: int, seconds: float = 20.0) -> int:
        """Wait for a role's new process after `old`; its id."""
        found: int = wait_until(
            lambda: (pid := self.pids().get(role)) and pid != old and pid,
            seconds,
            f"{role} to be started again",
        )
        return found

    def processes(self) -> list[psutil.Process]:
        """Every process that works for this `var/`: by its environment, or because it works in the folder."""
        found = []
        inside = str(self.var)
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                    continue
                if process.environ().get("EVOSCOPE_VAR") == inside or process.cwd().startswith(f"{inside}/"):
                    found.append(process)
        return found

    def trainings(self) -> list[psutil.Process]:
        """The training processes under the slots."""
        slots = [psutil.Process(pid) for role, pid in self.pids().items() if role.startswith("slot-")]
        return [child for slot in slots for child in slot.children(recursive=True)]

    # --- what it serves and stores -------------------------------------------------------------------

    def get(self, path: str = "/health/", timeout: float = 10.0) -> tuple[int, bytes]:
        """Status and body of a GET as a stranger; status 0 when nothing answers."""
        try:
            with urllib.request.urlopen(f"{self.base_url}{path}", timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def healthy(self) -> bool:
        """True when web says that it can work."""
        return self.get()[0] == 200

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database answers, beside the product's own connections."""
        note = self.var / "run" / "sockets"
        host = note.read_text().strip() if note.exists() else str(self.var / "run" / "s")
        password = (self.var / "secrets" / "postgres-password").read_text().strip()
        with psycopg.connect(
            host=host, user="evoscope", dbname="evoscope", password=password, autocommit=True
        ) as connection:
            cursor = connection.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def manage(self, *arguments: str, seconds: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """Run a `manage.py` command on this `var/`."""
        return subprocess.run(
            [sys.executable, str(HOME / "manage.py"), *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def clear(self) -> None:
        """Leave no process behind, whatever the test did."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._reap()

    def _reap(self) -> None:
        if self._launcher is not None:
            with suppress(subprocess.TimeoutExpired):
                self._launcher.wait(10)
                self._launcher = None


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
