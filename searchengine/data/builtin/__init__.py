"""Built-in data, there without a network: made from the real handwritten digits of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable

from searchengine.data.builtin.digits import Digits
from searchengine.data.builtin.digits_motion import DigitsMotion
from searchengine.data.builtin.digits_motion16 import DigitsMotion16
from searchengine.data.manifest import Preparation
from searchengine.data.source import Source

BUILTIN: dict[str, Callable[[Preparation], Source]] = {
    Digits.slug: Digits,
    DigitsMotion.slug: DigitsMotion,
    DigitsMotion16.slug: DigitsMotion16,
}
"""Name → reader."""
