"""Which torch devices the slots of this machine train on, decided without torch."""

from webapp.config import env
from webapp.operations.machine import graphics_cards


def training_devices() -> tuple[str, ...]:
    """EVOSCOPE_DEVICES, or every graphics card, or the processor. Slots take them in turn."""
    named = env.devices("EVOSCOPE_DEVICES")
    return named or tuple(f"cuda:{number}" for number in range(len(graphics_cards()))) or ("cpu",)
