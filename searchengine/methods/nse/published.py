"""The published networks, as genomes: what two searches by multiply-adds and one by latency found."""

from __future__ import annotations

from searchengine.methods.nse.genome import PathGenome
from searchengine.methods.nse.skeleton import Skeleton, ner, nr

FLOPS_CHANNELS = (16, 24, 40, 80, 96, 192, 320)
LATENCY_CHANNELS = (16, 32, 64, 128, 256)


def flops_search(pool: str = "pool27") -> Skeleton:
    """The skeleton searched under a limit of multiply-adds: 22 cells."""
    return Skeleton(ner((1, 3, 3, 3, 3, 3)), FLOPS_CHANNELS, pool=pool)


def latency_search() -> Skeleton:
    """The skeleton searched under a limit of latency: 21 cells."""
    return Skeleton(nr((1, 3, 3, 7, 3)), LATENCY_CHANNELS, pool="pool19")


def nsenet_27(scale: float = 1.04) -> PathGenome:
    """NSENet-27, from the pool of 27; published at a width of 1.04."""
    return _genome(
        "NRNNRNNRNNENNRNNNE", FLOPS_CHANNELS, "pool27", scale,
        (0,), (6,), (3,), (0,), (16,), (3,), (9,), (11, 17), (2, 9), (12,), (1, 6), (9, 12), (9,), (14, 17),
        (21,), (3,), (13,), (3, 14, 19),
    )  # fmt: skip


def nsenet(scale: float = 1.045) -> PathGenome:
    """NSENet, after 45 grouped ops more; published at a width of 1.045."""
    return _genome(
        "NRNRNNRNNNENNRNNNE", FLOPS_CHANNELS, "pool72", scale,
        (0,), (34,), (3,), (52,), (35,), (38,), (11, 17, 49), (41,), (35,), (12,), (1, 6, 10), (9,), (0, 9),
        (35, 52, 61), (10, 32), (3, 57), (13,), (3, 19, 44),
    )  # fmt: skip


def nsenet_gpu() -> PathGenome:
    """NSENet-GPU, found by latency on a graphics card."""
    return _genome(
        "RNRNNNRNNNNRNN", LATENCY_CHANNELS, "pool19", 1.0,
        (15,), (11,), (1, 17), (1, 16), (11,), (11,), (2, 7), (3,), (1, 6), (11,), (6, 11), (2, 8),
        (0, 1, 8, 11), (2, 6, 8, 12, 14),
    )  # fmt: skip


def _genome(
    cells: str, channels: tuple[int, ...], pool: str, scale: float, *path: tuple[int, ...]
) -> PathGenome:
    skeleton = Skeleton(cells, channels, pool=pool)
    return PathGenome(skeleton if scale == 1.0 else skeleton.widened(scale), path)
