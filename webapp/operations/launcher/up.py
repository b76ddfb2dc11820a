"""The order in which the product comes up."""

import http.client
import io
import os
import time
from typing import NamedTuple

from django.core.management import call_command

from searchengine import catalogue
from webapp.accounts.services.create_first_account import create_first_account
from webapp.config import database, env
from webapp.config.var import var
from webapp.operations.canary import sign_store
from webapp.operations.launcher.address import Address, AddressRefused, listen
from webapp.operations.launcher.launcher import Launcher
from webapp.operations.launcher.roles import add_preparer, add_slots, add_steward, add_web
from webapp.operations.launcher.status import Status
from webapp.operations.launcher.terminal import Terminal
from webapp.operations.servers.use import Servers

READY_SECONDS = 90.0


class Wanted(NamedTuple):
    """What was asked for on the command line. `slots` may be 0; `demo` is a method's slug or empty."""

    host: str
    port: int
    slots: int
    demo: str
    until_done: bool
    machine: bool


def up(wanted: Wanted) -> int:
    """Bring everything up, stay until asked to end, bring everything down. Returns the exit code.

    0 for an ordinary end; 1 when something refused to start or the demo failed; 2 for an unknown method.
    """
    terminal = Terminal(machine=wanted.machine)
    if wanted.demo and wanted.demo not in catalogue.methods():
        terminal.say(
            f"there is no method {wanted.demo!r}; there are {', '.join(sorted(catalogue.methods()))}"
        )
        return 2
    status = Status()
    if not status.claim():
        return _runs_already(terminal, status, wanted)
    servers = Servers()
    launcher = Launcher(terminal, servers, status)
    try:
        address = listen(wanted.host, wanted.port)
        terminal.say(f"Evoscope keeps its state in {var()}")
        servers.take()
        _prepare(terminal)
        add_web(launcher, address)
        add_steward(launcher)
        add_preparer(launcher)
        add_slots(launcher, wanted.slots)
        if not _ready(launcher, terminal, address):
            return 0  # asked to end before it was up
        _greet(terminal, address, wanted)
        return _stay(launcher, terminal, address, wanted)
    except AddressRefused as refusal:
        terminal.say(str(refusal))
        return 1
    finally:
        launcher.end()
        terminal.say("Evoscope has ended; the next start finds everything as it is.")


def _runs_already(terminal: Terminal, status: Status, wanted: Wanted) -> int:
    said = status.read()
    where = said.get("address") or "an address it has not told yet"
    terminal.say(f"Evoscope already runs on {var()}: {where} (process {said.get('pid', 'unknown')})")
    terminal.result({"already_running": True, "address": said.get("address", "")})
    if wanted.demo:
        terminal.say("Launch the demo there, or end it first.")
    return 1 if wanted.demo else 0


def _prepare(terminal: Terminal) -> None:
    """Tables, first account, store."""
    if database.embedded():
        terminal.say("  PostgreSQL and Redis run for this folder alone, on private sockets")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("check", fail_level="ERROR", stdout=io.StringIO())  # raises, with its reasons, when it fails
    account = create_first_account(password=env.text("EVOSCOPE_ADMIN_PASSWORD"))
    if account:
        terminal.say(f"  first account: {account.user.get_username()}")
        if env.text("EVOSCOPE_ADMIN_PASSWORD"):
            terminal.say("  its password is the one in EVOSCOPE_ADMIN_PASSWORD")
        else:
            terminal.say(f"  its password (shown this once): {account.password}")
    sign_store()


def _ready(launcher: Launcher, terminal: Terminal, address: Address) -> bool:
    """Watch until web answers; after a long while say where to look, and go on: it may still come."""
    late = time.monotonic() + READY_SECONDS

    def answers_or_late() -> bool:
        if _web_answers(address):
            return True
        if time.monotonic() < late:
            return False
        terminal.say(f"  web has not answered for {READY_SECONDS:.0f} s; see {var() / 'logs' / 'web.log'}")
        return True

    return launcher.run(until=answers_or_late, every=0.1)


def _greet(terminal: Terminal, address: Address, wanted: Wanted) -> None:
    if address.port != address.wanted:
        terminal.say(f"  port {address.wanted} is taken, so it is {address.port}")
    terminal.say(f"  {wanted.slots} worker slot{'' if wanted.slots == 1 else 's'}, logs in {var() / 'logs'}")
    terminal.say(f"Open {address.url}   (Ctrl-C ends everything)")


def _stay(launcher: Launcher, terminal: Terminal, address: Address, wanted: Wanted) -> int:
    if not wanted.demo:
        terminal.result({"address": address.url, "pid": os.getpid(), "var": str(var())})
        launcher.run()
        return 0
    from webapp.operations.launcher.demo import Demo  # brings the search engine with it

    demo = Demo(wanted.demo, terminal, address.url, with_control=not wanted.until_done)
    demo.launch()
    if not launcher.run(until=demo.over):
        return 1 if wanted.until_done else 0
    demo.conclude()
    if not wanted.until_done:
        launcher.run()
        return 0
    return demo.exit_code


def _web_answers(address: Address) -> bool:
    """True once the web process says that it is healthy."""
    host = address.host if address.host not in {"0.0.0.0", "::"} else "localhost"
    connection = http.client.HTTPConnection(host, address.port, timeout=2)
    try:
        connection.request("GET", "/health/", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
