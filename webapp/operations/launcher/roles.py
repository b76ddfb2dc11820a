"""Which processes make up the product."""

import os

from webapp.config import env
from webapp.operations.launcher.address import Address
from webapp.operations.launcher.launcher import Launcher

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",  # one process a core: more threads would only fight over it
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def default_slots() -> int:
    """EVOSCOPE_SLOTS, or one for each core this process may use."""
    return env.whole("EVOSCOPE_SLOTS", len(os.sched_getaffinity(0)), least=1, most=512)


def add_web(launcher: Launcher, address: Address) -> None:
    """Pages, REST, sockets."""
    launcher.address = address
    descriptor = address.listener.fileno()
    hosts = [
        *env.words("EVOSCOPE_ALLOWED_HOSTS", ("127.0.0.1", "[::1]")),
        "localhost",
    ]  # the launcher asks for health
    if address.host not in {"0.0.0.0", "::", *hosts}:
        hosts.append(address.host)
    launcher.add(
        "web",
        *("web", "--fd", str(descriptor)),
        descriptors=(descriptor,),
        environment={"EVOSCOPE_ALLOWED_HOSTS": ",".join(hosts)},
    )


def add_slots(launcher: Launcher, count: int, *, prefix: str = "") -> None:
    """One supervisor of a training process each."""
    for number in range(1, count + 1):
        name = f"{prefix}slot-{number}"
        launcher.add(name, "slot", name, environment=ONE_THREAD)


def add_steward(launcher: Launcher) -> None:
    """Steps and sweeps."""
    launcher.add("steward", "steward")


def add_preparer(launcher: Launcher) -> None:
    """Imports and exports: what opens files of unknown origin."""
    launcher.add("preparer", "preparer", environment=ONE_THREAD)
