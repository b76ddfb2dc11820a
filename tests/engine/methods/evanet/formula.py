"""Parameters of a residual EvaNet written down from the layers' formulas alone, without the layer graph."""

from searchengine.core.jsontext import Json

PROFILES = 4


def parameters(genome: Json, classes: int) -> int:
    """The count for a genome with a residual backbone of 1 to 4 blocks."""
    width, side = genome["width"], 7 if len(genome["blocks"]) == 4 else 3
    stem = genome["stem"]
    total = convolution(stem["op"], genome["in_channels"], width, stem["t"], side) + 2 * width
    channels = width
    for index, block in enumerate(genome["blocks"]):
        branches = block["branches"]
        each = 4 * width * 2**index // len(branches)
        for repeat in range(block["repeats"]):
            out = each * len(branches)
            total += sum(branch_parameters(branch, channels, each, repeat % 2 == 0) for branch in branches)
            if repeat == 0:
                total += channels * out + 2 * out
            channels = out
    return total + channels * classes + classes


def branch_parameters(branch: Json, channels: int, each: int, timed: bool) -> int:
    if branch["kind"] in ("point", "pool"):
        return channels * each + 2 * each
    t, t2 = (branch["t"], branch.get("t2", 1)) if timed else (1, 1)
    if branch["kind"] == "conv":
        middle = each // 2
        return channels * middle + 2 * middle + convolution(branch["op"], middle, each, t, 3) + 2 * each
    first, second = each // 4, each // 2
    return (
        channels * first + 2 * first
        + convolution(branch["op"], first, second, t, 3) + 2 * second
        + convolution(branch["op2"], second, each, t2, 3) + 2 * each
    )  # fmt: skip


def convolution(op: str, cin: int, cout: int, t: int, side: int) -> int:
    if op == "conv2p1d":
        half = cout // 2
        return cin * half * t + 2 * half + half * cout * side * side
    if op == "itgm" and t > 1:
        return cin * cout * (side * side + PROFILES) + 2 * PROFILES
    return cin * cout * t * side * side
