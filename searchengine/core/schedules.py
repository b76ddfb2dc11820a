"""How much a child is changed as a search goes on."""

from __future__ import annotations


def mutations_for_round(index: int, start: int, decay: int) -> int:
    """Mutations of the child of round ``index`` (from 0): max(ceil(start - index / decay), 1), in whole
    numbers: many early, one late."""
    return max(start - index // decay, 1)
