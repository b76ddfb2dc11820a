"""The environment, read by small typed functions that refuse a bad value in words.

Every name Evoscope reads begins with `EVOSCOPE_`, but for `DATABASE_URL` and `REDIS_URL`.
An empty variable counts as one that is not set.
"""

import os
import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
DEVICE = re.compile(r"cpu|cuda(:[0-9]{1,2})?")


def text(name: str, default: str = "") -> str:
    """The variable without surrounding blanks, or `default`."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """A yes or no; raises ImproperlyConfigured for anything else."""
    word = text(name).lower()
    if not word:
        return default
    if word in TRUE | FALSE:
        return word in TRUE
    raise ImproperlyConfigured(f"{name} must be 1 or 0 (yes, no, true, false, on, off), got {word!r}")


def whole(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`, both allowed; raises ImproperlyConfigured otherwise."""
    word = text(name)
    if not word:
        return default
    try:
        number = int(word)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, got {word!r}") from None
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name} must lie between {least} and {most}, got {number}")
    return number


def seconds(name: str, default: float, *, least: float = 0.05, most: float = 86_400.0) -> float:
    """A length of time in seconds, fractions allowed; raises ImproperlyConfigured otherwise."""
    word = text(name)
    if not word:
        return default
    try:
        number = float(word)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number of seconds, got {word!r}") from None
    if not least <= number <= most:  # also refuses nan
        raise ImproperlyConfigured(f"{name} must lie between {least} and {most} seconds, got {word}")
    return number


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list separated by commas; blanks around an entry and empty entries are dropped."""
    found = [word.strip() for word in text(name).split(",")]
    return [word for word in found if word] or list(default)


def devices(name: str) -> tuple[str, ...]:
    """Torch devices separated by commas, such as `cuda:0,cuda:1`; raises ImproperlyConfigured for others."""
    found = tuple(words(name))
    for word in found:
        if not DEVICE.fullmatch(word):
            raise ImproperlyConfigured(f"{name} must name devices such as cpu, cuda or cuda:1, got {word!r}")
    return found


def folder(name: str, default: Path) -> Path:
    """An absolute folder; need not exist. Raises ImproperlyConfigured when the name is a file's."""
    path = Path(text(name) or default).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ImproperlyConfigured(f"{name} must name a folder, but {path} is a file")
    return path


def folders(name: str) -> list[Path]:
    """Existing folders, separated as in PATH; raises ImproperlyConfigured when one is missing."""
    found = [Path(word).expanduser().absolute() for word in text(name).split(os.pathsep) if word.strip()]
    for path in found:
        if not path.is_dir():
            raise ImproperlyConfigured(f"{name} names {path}, and there is no such folder")
    return found
