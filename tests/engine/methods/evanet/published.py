"""Genomes with known sizes: the two published networks, the tiny one, and the data they are described for."""

from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary, Setting

ITGM, MIXED, FULL3D = "itgm", "conv2p1d", "conv3d"


def pool(t: int) -> Json:
    return {"kind": "pool", "t": t}


def point() -> Json:
    return {"kind": "point"}


def conv(op: str, t: int) -> Json:
    return {"kind": "conv", "op": op, "t": t}


def conv2(op: str, t: int, op2: str, t2: int) -> Json:
    return {"kind": "conv2", "op": op, "t": t, "op2": op2, "t2": t2}


def genome(
    stem: tuple[str, int],
    pools: Json,
    *blocks: tuple[int, list[Json]],
    width: int = 64,
    in_channels: int = 3,
    meta: str = "resnet",
) -> Json:
    return {
        "schema": 1,
        "method": "evanet",
        "meta": meta,
        "width": width,
        "in_channels": in_channels,
        "stem": {"op": stem[0], "t": stem[1]},
        "pools": pools,
        "blocks": [{"repeats": repeats, "branches": branches} for repeats, branches in blocks],
    }


R1 = genome(
    (MIXED, 3),
    {"p1": 1, "p3": 1, "p4": 9},
    (2, [conv(FULL3D, 1), pool(7)]),
    (4, [pool(3), point(), conv(FULL3D, 1), point(), conv(FULL3D, 5)]),
    (5, [pool(7), point(), conv(ITGM, 11), pool(11)]),
    (3, [pool(11), conv(FULL3D, 1), conv(ITGM, 3)]),
)
R2 = genome(
    (MIXED, 3),
    {"p1": 1, "p3": 3, "p4": 9},
    (2, [pool(1), pool(3), conv2(ITGM, 1, MIXED, 9), pool(1), point()]),
    (
        3,
        [pool(1), pool(7), conv2(MIXED, 5, FULL3D, 1), conv2(ITGM, 1, MIXED, 11), point(),
         conv2(MIXED, 11, FULL3D, 1)],
    ),
    (5, [pool(5), point(), pool(9)]),
    (4, [conv(MIXED, 1), pool(5)]),
)  # fmt: skip
TINY = genome(
    (ITGM, 3),
    {"p1": 1, "p3": 1},
    (2, [point(), conv(ITGM, 5)]),
    (1, [conv2(MIXED, 3, FULL3D, 1)]),
    (1, [pool(7), conv(FULL3D, 3)]),
    width=4,
    in_channels=1,
)
PUBLISHED = {"R1": R1, "R2": R2}

SMALL_CLIPS = Setting({"clip": (1, 8, 16, 16)}, 8)
SMALL_DATA = DataSummary(
    "clips", "Small clips", "0" * 32, "clips", (1, 8, 16, 16), tuple("abcdefgh"),
    {"train": 64, "validation": 32, "test": 32},
)  # fmt: skip


def large_clips(classes: int) -> Setting:
    return Setting({"clip": (3, 64, 224, 224)}, classes)
