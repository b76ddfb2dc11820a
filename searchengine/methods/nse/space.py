"""The space NSE searches: paths over the whole pool whose cost lies in the band, and what their jobs ask
for."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import DataRefused
from searchengine.core.jobs import Change, Proposal
from searchengine.core.jsontext import Json, loads
from searchengine.core.jsontext import canonical as canonical_text
from searchengine.core.limits import training_cost
from searchengine.core.method import Child
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary, Fidelity, Setting
from searchengine.methods.nse import costs
from searchengine.methods.nse.describe import describe
from searchengine.methods.nse.genome import PathGenome, key, parse, to_json
from searchengine.methods.nse.latency import latency_costs
from searchengine.methods.nse.latency import parse as parse_table
from searchengine.methods.nse.limits import Limits, limits
from searchengine.methods.nse.params import SPACE_KNOBS, NseParams
from searchengine.methods.nse.skeleton import Skeleton
from searchengine.methods.nse.subset import Cells

REDRAWS = 200


def augmented(shift: int, flip: bool) -> Json:
    """What a training job is told of augmentation; nothing where there is none."""
    return {**({"shift": shift} if shift else {}), **({"flip": True} if flip else {})}


class NseSpace:
    """Skeleton, costs and band (``limits``) of one search. ``params`` and ``data`` decide everything; draws
    come from the generator."""

    slug = "nse"

    def __init__(self, params: NseParams, data: DataSummary) -> None:
        self.params, self.data = params, data
        self.skeleton = params.skeleton()
        images = data.shape
        self.images, self.classes = (images[0], images[1], images[2]), len(data.classes)
        self.trained = self.skeleton.widened(params.width)
        self.macs = costs.macs(self.trained, self.images, self.classes)
        self.setting = data.setting(Fidelity(steps=params.round_steps))
        self.final_setting = data.setting(Fidelity(steps=params.final_steps))
        self.limits = self._limits()

    def _limits(self) -> Limits:
        """What random paths and mutations keep to. Where a latency table is still to be measured, which a
        control never does, the usual band in multiply-adds stands for the one in time."""
        params = self.params
        if params.measures:
            usual: Json = {"resource": "macs", "target": 0.0, "band_low": 0.0, "band_high": 0.0}
            return limits(params.model_copy(update=usual), self.macs, self.data.slug)
        found = self.macs
        if params.resource == "parameters":
            found = costs.parameters(self.trained, self.images, self.classes)
        elif params.resource == "latency":
            found = _table_costs(
                canonical_text(params.latency_table), self.trained, self.images, self.classes
            )
        return limits(params, found, self.data.slug)

    # --- what searches and pages use ---------------------------------------------------------------

    def random(self, rng: np.random.Generator) -> Json:
        """A random path over the whole pool, one to two operations a cell, inside the band; after many draws
        the one that came nearest."""
        best: tuple[float, Cells] | None = None
        for _ in range(REDRAWS):
            path = self._drawn(rng)
            off = self._outside(path)
            if best is None or off < best[0]:
                best = (off, path)
            if off == 0:
                break
        assert best is not None
        return self._json(best[1])

    def mutate(self, genome: Json, rng: np.random.Generator) -> Child:
        """One operation of one cell comes, goes or is exchanged; drawn again while the cost is outside the
        band. Of a space: a random path."""
        found = parse(genome)
        if not isinstance(found, PathGenome):
            return Child(self.random(rng), (Change("random", {}, "a path of the whole pool"),))
        parent = found.path
        for _ in range(REDRAWS):
            cell = int(rng.integers(len(parent)))
            ops, text = self._changed(cell, parent[cell], rng)
            path = tuple(ops if place == cell else held for place, held in enumerate(parent))
            if path != parent and self._outside(path) == 0:
                return Child(self._json(path), (Change("mutation", {"cell": cell}, text),))
        change = Change("random", {}, "drawn anew: no change stays inside the band")
        return Child(self.random(rng), (change,))

    def key(self, genome: Json) -> str:
        return key(parse(genome))

    def check(self, genome: Json) -> None:
        parse(genome)

    def describe(self, genome: Json, setting: Setting) -> Architecture:
        """The network of a path; of a space its supernet, all active operations side by side."""
        return _network(genome, setting, self.space_params())

    def evaluation(self, genome: Json) -> Proposal:
        """A path trained from scratch as long as a round lasts: what a control pays, which shares no
        weights."""
        params = self.params
        arguments: Json = {
            "space_params": self.space_params(),
            "batch": params.batch,
            "learning_rate": params.learning_rate,
            "weight_decay": params.weight_decay,
            "warmup": params.warmup,
            "gradient_clip": params.gradient_clip,
            **augmented(params.shift, params.flip),
        }
        cost = training_cost(self.describe(genome, self.setting), params.batch * params.round_steps)
        return Proposal("train", (), fidelity=self.setting.fidelity, arguments=arguments, cost=cost)

    def final_evaluation(self, genome: Json) -> Proposal:
        """The longer training that ends a search."""
        params = self.params
        trained: Json = {
            **self.space_params(),
            "width": params.width * params.final_scale,
            "dropout": params.final_dropout,
            "excitation": params.excitation or params.final_excitation,
        }
        arguments: Json = {
            "space_params": trained,
            "batch": params.final_batch,
            "learning_rate": params.final_learning_rate,
            "weight_decay": params.weight_decay,
            "warmup": params.final_warmup,
            "gradient_clip": params.gradient_clip,
            **augmented(params.final_shift, params.final_flip),
        }
        if params.final_label_smoothing:
            arguments["label_smoothing"] = params.final_label_smoothing
        network = _network(genome, self.final_setting, trained)
        cost = training_cost(network, params.final_batch * params.final_steps)
        return Proposal(
            "retrain", (), fidelity=self.final_setting.fidelity, arguments=arguments, cost=cost, reuse=False,
            phase="final",
        )  # fmt: skip

    # --- within the method -------------------------------------------------------------------------

    def space_params(self) -> Json:
        """The parameters that decide what network a genome is."""
        values = self.params.to_json()
        return {name: values[name] for name in SPACE_KNOBS}

    def _json(self, path: Cells) -> Json:
        return to_json(PathGenome(self.skeleton, path))

    def _outside(self, path: Cells) -> float:
        cost, band = self.limits.costs.of(path), self.limits.band
        return max(0.0, band.low - cost, cost - band.high)

    def _drawn(self, rng: np.random.Generator) -> Cells:
        found = []
        single = self.params.branches == "single"
        for kind in self.skeleton.cells:
            least, most = int(kind != "N"), 1 if single else 2
            count = int(rng.integers(least, most + 1))
            chosen = rng.choice(len(self.skeleton.ops), size=count, replace=False)
            found.append(tuple(sorted(int(op) for op in chosen)))
        return tuple(found)

    def _changed(
        self, cell: int, ops: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[tuple[int, ...], str]:
        labels = [op.label for op in self.skeleton.ops]
        others = [op for op in range(len(labels)) if op not in ops]
        ways = ["exchange"] if ops and others else []
        if len(ops) > int(self.skeleton.cells[cell] != "N"):
            ways.append("drop")
        if others and (self.params.branches == "multi" or not ops):
            ways.append("add")
        if not ways:
            return ops, ""
        way = ways[int(rng.integers(len(ways)))]
        gone = ops[int(rng.integers(len(ops)))] if way != "add" else None
        new = others[int(rng.integers(len(others)))] if way != "drop" else None
        kept = [op for op in ops if op != gone] + ([] if new is None else [new])
        text = {
            "add": f"cell {cell}: {labels[new or 0]} added",
            "drop": f"cell {cell}: {labels[gone or 0]} dropped",
            "exchange": f"cell {cell}: {labels[gone or 0]} → {labels[new or 0]}",
        }[way]
        return tuple(sorted(kept)), text


def _network(genome: Json, setting: Setting, space_params: Json) -> Architecture:
    inputs = tuple((name, tuple(shape)) for name, shape in setting.inputs.items())
    trained = {name: space_params[name] for name in ("width", "excitation", "dropout")}
    return _described(canonical_text(genome), inputs, setting.classes, canonical_text(trained))


@lru_cache(maxsize=512)
def _described(
    genome: str, inputs: tuple[tuple[str, tuple[int, ...]], ...], classes: int, trained: str
) -> Architecture:
    found, how = parse(loads(genome)), loads(trained)
    if isinstance(found, PathGenome):
        path = found.path
    else:
        path = tuple(tuple(sorted(ops)) for ops in found.space.active)
    skeleton = found.skeleton.as_trained(how)
    return describe(skeleton, path, Setting(dict(inputs), classes), float(how["dropout"]))


@lru_cache(maxsize=8)
def _table_costs(text: str, skeleton: Skeleton, images: tuple[int, int, int], classes: int) -> costs.Table:
    # Every step of a search makes its space anew, and a table has up to thousands of entries.
    return latency_costs(parse_table(loads(text)), skeleton, images, classes)


def make_space(params: Params, data: DataSummary) -> NseSpace:
    """Raises ``DataRefused`` for what are no images, ``InvalidParams`` when the band holds no path or a
    latency table lacks layers."""
    if data.modality != "images":
        raise DataRefused(f"NSE searches on images; {data.slug} holds {data.modality}")
    if not isinstance(params, NseParams):
        raise TypeError(f"expected NseParams, got {type(params).__name__}")
    return NseSpace(params, data)
