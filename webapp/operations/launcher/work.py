"""A further machine's worker: its slots, kept alive."""

import os
import platform
import socket

from django.db import DatabaseError

from webapp.config import database
from webapp.operations.canary import StoreRefused, check_store
from webapp.operations.launcher.launcher import Launcher
from webapp.operations.launcher.roles import add_slots
from webapp.operations.launcher.terminal import Terminal
from webapp.operations.machine import code_version, devices, memory_bytes
from webapp.operations.servers.use import Servers


def work(slots: int) -> int:
    """Run slots until asked to end. Returns the exit code: 1 when database or store refuse."""
    terminal = Terminal()
    servers = Servers()
    launcher = Launcher(terminal, servers)
    try:
        servers.take()
        store = check_store()
        terminal.say(f"{socket.gethostname()} works with {slots} slot{'' if slots == 1 else 's'}")
        terminal.say(
            f"  {', '.join(devices())}; {memory_bytes() / 2**30:.0f} GiB of memory; {platform.platform()}"
        )
        terminal.say(f"  code {code_version()}; store {store}")
        add_slots(launcher, slots, prefix=f"{socket.gethostname()}-{os.getpid()}-" if slots else "")
        launcher.run()
        return 0
    except DatabaseError as error:
        where = "the embedded database" if database.embedded() else "the database of DATABASE_URL"
        terminal.say(f"{where} does not answer: {str(error).strip().splitlines()[0]}")
        return 1
    except StoreRefused as refusal:
        terminal.say(str(refusal))
        return 1
    finally:
        launcher.end()
