"""Genomes with known sizes: the published networks, two small ones, and the data they are described for."""

from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary, Setting
from searchengine.methods.assemblenet.describe import Frame
from searchengine.methods.assemblenet.genome import Bounds, Edge, Genome, parse


def genome(depth: int, stem_total: int, stems: list[tuple[str, int]], blocks: list[tuple]) -> Genome:
    """Stems are (kind, dilation), blocks (level, inputs, filters, dilation); ids follow."""
    nodes: list[Json] = [
        {"id": number, "kind": kind, "dilation": dilation} for number, (kind, dilation) in enumerate(stems)
    ]
    for level, inputs, filters, dilation in blocks:
        nodes.append(
            {
                "id": len(nodes),
                "level": level,
                "inputs": inputs,
                "filters": filters,
                "dilation": dilation,
            }
        )
    return parse(
        {"schema": 1, "method": "assemblenet", "depth": depth, "stem_total": stem_total, "nodes": nodes}
    )


STEMS = [("rgb", 4), ("rgb", 4), ("flow", 1), ("flow", 1)]
BLOCKS = [
    (1, [1], 32, 1), (1, [0], 32, 4), (1, [0, 1, 2, 3], 32, 1), (1, [2, 3], 32, 2),
    (2, [0, 4, 5, 6, 7], 64, 2), (2, [0, 2, 4, 7], 64, 1), (2, [0, 5, 7], 64, 4), (2, [0, 5], 64, 1),
    (3, [4, 8, 10, 11], 256, 1), (3, [8, 9], 256, 4), (4, [12, 13], 512, 2),
]  # fmt: skip
ASN50 = genome(50, 128, STEMS, BLOCKS)
_101 = {256: 192, 512: 256}
ASN101 = genome(
    101, 128, STEMS,
    [(level, i, _101[f] if level > 2 else f, r) for level, i, f, r in BLOCKS],
)  # fmt: skip
WEIGHTS: dict[str, list[float]] = {
    "6": [0.1381, 0.8465, 0.3073, 0.2867], "7": [0.5846, 0.6066],
    "8": [0.1638, 0.8853, 0.4040, 0.6823, 0.5332], "9": [0.0286, 0.1033, 0.7517, 0.9260],
    "10": [0.2883, 0.7628, 0.4050], "11": [0.2347, 0.7841], "12": [0.2762, 0.9515, 0.6569, 0.9548],
    "13": [0.5047, 0.8877], "14": [0.9892, 0.8455],
}  # fmt: skip
"""The learned weights of ASN50, by block."""

FUSED = genome(
    26, 8, [("rgb", 1), ("rgb", 2), ("flow", 1), ("flow", 1)],
    [(1, [0, 2], 4, 1), (1, [1, 3], 4, 2), (2, [0, 4, 5], 8, 2), (2, [2, 4], 8, 1), (3, [4, 6, 7], 16, 4),
     (4, [6, 8], 32, 1)],
)  # fmt: skip
LATE = genome(
    26, 8, [("rgb", 1), ("flow", 1)],
    [(1, [0], 4, 1), (1, [1], 4, 1), (2, [2], 8, 1), (2, [3], 8, 1), (3, [4], 8, 1), (3, [5], 8, 1),
     (4, [6], 16, 1), (4, [7], 16, 1)],
)  # fmt: skip

PUBLISHED, SMALL = Frame(scale="published"), Frame()
PAPER_BOUNDS = Bounds(50, 128, (128, 256, 512, 512), (4, 4, 4, 2), (4, 4), (1, 2, 4, 8), ("rgb", "flow"))
SMALL_BOUNDS = Bounds(26, 8, (8, 16, 16, 32), (4, 4, 2, 1), (4, 4), (1, 2, 4), ("rgb", "flow"))


def clips(classes: int, frames: int = 32, side: int = 224) -> Setting:
    return Setting({"clip": (3, frames, side, side), "flow": (2, frames, side, side)}, classes)


TINY = Setting({"clip": (1, 8, 16, 16), "flow": (2, 8, 16, 16)}, 16)
SMALL_DATA = DataSummary(
    slug="small-clips",
    title="Small clips",
    fingerprint="5" * 32,
    modality="clips",
    shape=(1, 8, 16, 16),
    classes=tuple(map(str, range(16))),
    sizes={"train": 64, "validation": 32, "test": 32},
    flow=True,
)


def weights_of(found: dict[str, list[float]], of: Genome) -> dict[Edge, float]:
    return {
        (source, int(block)): value
        for block, row in found.items()
        for source, value in zip(of.nodes[int(block)].inputs, row, strict=True)
    }
