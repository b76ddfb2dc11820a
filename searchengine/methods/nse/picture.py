"""The cells of a birth in a row: of a network the branches side by side, of a space what its supernet holds,
coloured by the probability of the gates."""

from __future__ import annotations

from collections.abc import Mapping

from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary
from searchengine.methods.nse.genome import PathGenome, SpaceGenome, parse
from searchengine.methods.nse.rounds import gates_of
from searchengine.methods.nse.skeleton import Skeleton
from searchengine.methods.nse.subset import Cells
from searchengine.report.picture import EdgeStatus, Picture, PictureEdge, PictureNode, Portrayed


def picture(birth: Portrayed, parent: Portrayed | None, data: DataSummary) -> Picture:
    """A path drawn as its branches, cell after cell; a space as strips of operations. What the birth's parent
    was does not change the drawing: rounds are compared in the panels."""
    genome = parse(birth.genome)
    title = f"#{birth.number}" if parent is None else f"#{birth.number}, from #{parent.number}"
    size = (data.shape[-2], data.shape[-1])
    if isinstance(genome, PathGenome):
        return _network(title, genome, size)
    return _space(title, genome, size, birth)


PICTURE = picture


def _network(title: str, genome: PathGenome, size: tuple[int, int]) -> Picture:
    skeleton, path = genome.skeleton, genome.path
    fits = skeleton.fits(size)
    nodes = [PictureNode("stem", 0, 0, "stem", _widths(skeleton.channels[0], skeleton.ends(size).stem))]
    edges: list[PictureEdge] = []
    before = ["stem"]
    for cell, (kind, ops) in enumerate(zip(skeleton.cells, path, strict=True)):
        now = []
        shape = _widths(fits[cell].out, fits[cell].out_size)
        if kind == "N":
            words = ("the cell's input",) if ops else ("this cell vanished",)
            name = f"c{cell}-identity"
            status: EdgeStatus = "" if ops else "removed"
            nodes.append(PictureNode(name, cell + 1, 0, "identity", words, status=status))
            now.append(name)
        for op in ops:
            name = f"c{cell}-op{op}"
            macs = skeleton.ops[op].macs(fits[cell])
            lines = (*shape, f"{_short(macs)} multiply-adds")
            nodes.append(PictureNode(name, cell + 1, len(now), skeleton.ops[op].label, lines))
            now.append(name)
        edges += [PictureEdge(source, target) for source in before for target in now]
        before = now
    end = len(skeleton.cells) + 1
    last = skeleton.ends(size).last
    nodes.append(PictureNode("tail", end, 0, "tail", (*_widths(skeleton.tail, last), "mean, classes")))
    edges += [PictureEdge(source, "tail") for source in before]
    empty = sum(1 for ops in path if not ops)
    vanished = f" {empty} of the {len(path)} cells hold nothing and vanish." if empty else ""
    help = f"What stands in one column runs side by side and is averaged with equal weight.{vanished}"
    return Picture(title, help, _lanes(skeleton), tuple(nodes), tuple(edges))


def _space(title: str, genome: SpaceGenome, size: tuple[int, int], birth: Portrayed) -> Picture:
    skeleton, space = genome.skeleton, genome.space
    fits = skeleton.fits(size)
    found = birth.findings
    live = birth.so_far if "active" not in found else None
    if live is not None and live.kind == "train_supernet":
        found = live.findings
    gates, trained = _gates(found), "active" in found
    nodes = []
    for cell, active in enumerate(space.active):
        # Locked ones first, as they lie in the record.
        for place, op in enumerate(active):
            gate = gates.get((cell, op))
            pruned = trained and gate is None
            locked = op in space.locked[cell]
            lines = [f"{_short(skeleton.ops[op].macs(fits[cell]))} multiply-adds"]
            if gate is not None:
                lines.append(f"on with probability {gate:.2f}")
            nodes.append(
                PictureNode(
                    f"c{cell}-op{op}",
                    cell + 1,
                    place,
                    skeleton.ops[op].label,
                    (*lines, "pruned") if pruned else tuple(lines),
                    gate,
                    ("locked",) if locked else ("new",),
                    "removed" if pruned else "" if locked else "added",
                )
            )
        waiting = len(space.pending[cell])
        if waiting:
            nodes.append(
                PictureNode(
                    f"c{cell}-pending", cell + 1, len(active), f"{waiting} waiting", ("not tried yet",)
                )
            )
    nodes.insert(
        0, PictureNode("stem", 0, 0, "stem", _widths(skeleton.channels[0], skeleton.ends(size).stem))
    )
    help = (
        f"Round {space.round} of {space.rounds}: {_count(space.locked)} operations locked by the front"
        f" before, {_count(space.active) - _count(space.locked)} new, {_count(space.pending)} waiting,"
        f" {_count(space.dropped)} dropped."
    )
    under_way = f"it trains: gates as they are at step {live.step} of {live.of}" if live and trained else ""
    return Picture(
        title, help, _lanes(skeleton)[:-1], tuple(nodes), (), ("rarely on", "nearly always on"),
        legend=(under_way,) if under_way else (),
    )  # fmt: skip


def _gates(findings: Json) -> Mapping[tuple[int, int], float]:
    """Of (cell, op) the probability of its gate, once training says."""
    return {(cell, op): gate for cell, row in enumerate(gates_of(findings)) for op, gate in row}


def _lanes(skeleton: Skeleton) -> tuple[str, ...]:
    cells = (f"{cell} {kind}" for cell, kind in enumerate(skeleton.cells))
    return ("image", *cells, "classes")


def _widths(channels: int, size: tuple[int, int]) -> tuple[str, ...]:
    return (f"{channels} channels, {size[0]}×{size[1]}",)


def _count(cells: Cells) -> int:
    return sum(map(len, cells))


def _short(count: float) -> str:
    """``920``, ``12 k``, ``3.4 M``."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= limit:
            value = count / limit
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{count:.0f}"
