"""Which processes make up the product."""

import os

from webapp.config import env
from webapp.operations.launcher.address import Address
from webapp.operations.launcher.devices import training_devices
from webapp.operations.launcher.launcher import Launcher

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",  # one process a core: more threads would only fight over it
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def default_slots() -> int:
    """EVOSCOPE_SLOTS, or one for each graphics card, or one for each core this process may use."""
    devices = training_devices()
    natural = len(os.sched_getaffinity(0)) if devices == ("cpu",) else len(devices)
    return env.whole("EVOSCOPE_SLOTS", natural, least=1, most=512)


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
        environment={"EVOSCOPE_ALLOWED_HOSTS": ",".join(hosts), "EVOSCOPE_DEVICE": training_devices()[0]},
    )


def add_slots(launcher: Launcher, count: int, *, prefix: str = "") -> None:
    """One supervisor of a training process each; they take the devices in turn."""
    devices = training_devices()
    for number in range(count):
        name = f"{prefix}slot-{number + 1}"
        device = devices[number % len(devices)]
        launcher.add(name, "slot", name, environment={**ONE_THREAD, "EVOSCOPE_DEVICE": device})


def add_steward(launcher: Launcher) -> None:
    """Steps and sweeps."""
    launcher.add("steward", "steward")


def add_preparer(launcher: Launcher) -> None:
    """Imports and exports: what opens files of unknown origin."""
    launcher.add("preparer", "preparer", environment={**ONE_THREAD, "EVOSCOPE_DEVICE": training_devices()[0]})
