"""Processes seen from outside: who works in a folder, how a process ends, who dies with whom."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(sign: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """What a child runs between fork and exec so that the kernel ends it with its parent, however that ends.

    The signal comes when the *thread* that forked ends, so fork from one that lasts. Linux alone has it.
    """
    parent = os.getpid()

    def bind() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
            if os.getppid() != parent:  # it died before the call: nobody would tell us
                os._exit(1)

    return bind


def working_in(folder: Path, name: str) -> list[psutil.Process]:
    """The living processes called `name` whose working folder is `folder`."""
    place = os.path.realpath(folder)
    found = []
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == name and process.info["cwd"] == place:
            found.append(process)
    return found


class Seen:
    """The head of a family of processes in a folder, looked for in the whole machine only once it is gone."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self._head: psutil.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process id; None when there is none."""
        if self._head is None or not living(self._head):
            self._head = first_of(working_in(self.folder, self.name))
        return self._head.pid if self._head else None


def living(process: psutil.Process) -> bool:
    """True unless the process has ended or only waits to be reaped."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def first_of(processes: Iterable[psutil.Process]) -> psutil.Process | None:
    """The one of a family whose parent is not in it; None for an empty family or one that lost its parent.

    A server's helpers outlive a killed server for a moment; they have no common parent any more.
    """
    family = {process.pid: process for process in processes}
    parents = {process.ppid() for process in family.values() if process.is_running()}
    heads = [process for pid, process in family.items() if pid in parents and process.ppid() not in family]
    if heads:
        return heads[0]
    return next(iter(family.values())) if len(family) == 1 else None


def end(processes: Iterable[psutil.Process], *signals: signal.Signals, patience: float) -> None:
    """Send each signal in turn, waiting up to `patience` seconds after each, until all are gone."""
    living = list(processes)
    for sign in signals:
        for process in living:
            try:
                process.send_signal(sign)
                process.send_signal(signal.SIGCONT)  # a stopped process would never hear it
            except psutil.NoSuchProcess:
                continue
        _, living = psutil.wait_procs(living, timeout=patience)
        if not living:
            return
