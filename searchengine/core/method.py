"""The contract of a method: what its ``spec.py`` declares and what its search object does.

A seventh method touches one folder, ``searchengine/methods/<slug>/``. Its ``spec.py`` binds ``METHOD``; form,
validation, API schema, run page, export and contract tests follow from that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np

from searchengine.core.archive import Archive
from searchengine.core.jobs import Change, Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary, Labels, Modality, Setting

if TYPE_CHECKING:
    from searchengine.architecture.graph import Architecture

ResultKind = Literal["network", "ensemble", "front", "chain", "pool"]


class Paper(NamedTuple):
    title: str
    authors: str
    venue: str
    year: int
    arxiv: str = ""


@dataclass(frozen=True)
class Preset:
    """Parameters by name (what is not named keeps its default), the window W of untold jobs, and in words
    what it costs (``about 3 minutes on two cores``)."""

    title: str
    cost: str
    values: Mapping[str, object]
    window: int = 8


@dataclass(frozen=True)
class Accepts:
    """Data a method can search on. ``smallest_side`` is in pixels, ``fewest_frames`` in frames."""

    modalities: frozenset[Modality]
    labels: frozenset[Labels] = frozenset({"single"})
    smallest_side: int = 1
    fewest_frames: int = 1
    needs_flow: bool = False

    def refusal(self, data: DataSummary) -> str | None:
        """Why ``data`` cannot be used, in words; None when it can."""
        if data.modality not in self.modalities:
            wanted = " or ".join(sorted(self.modalities))
            return f"this method searches on {wanted}; {data.slug} holds {data.modality}"
        if data.labels not in self.labels:
            return (
                f"this method needs {' or '.join(sorted(self.labels))} labels; {data.slug} has {data.labels}"
            )
        if data.smallest_side < self.smallest_side:
            return (
                f"this method needs sides of at least {self.smallest_side} pixels;"
                f" {data.slug} has {data.smallest_side}"
            )
        if data.modality == "clips" and data.shape[1] < self.fewest_frames:
            return (
                f"this method needs clips of at least {self.fewest_frames} frames;"
                f" {data.slug} has {data.shape[1]}"
            )
        if self.needs_flow and not data.flow:
            return f"this method needs optical flow; prepare {data.slug} with flow"
        return None


class Child(NamedTuple):
    """What an operator makes: a genome and every change that led to it, in order."""

    genome: Json
    changes: tuple[Change, ...]


class Space(Protocol):
    """A search space: what controls need to search it, and what every page needs to draw it.

    Pure functions of genome and generator; equal generators in equal states draw equal genomes.
    """

    slug: str

    def random(self, rng: np.random.Generator) -> Json:
        """A random valid genome that is feasible under the space's caps."""
        ...

    def mutate(self, genome: Json, rng: np.random.Generator) -> Child:
        """A child that differs from ``genome`` in canonical form, by one mutation."""
        ...

    def key(self, genome: Json) -> str:
        """Hash of the canonical form: equal networks, equal keys."""
        ...

    def check(self, genome: Json) -> None:
        """Raises ``InvalidGenome`` in words when a gene is unknown, missing, of the wrong type or out of
        range."""
        ...

    def describe(self, genome: Json, setting: Setting) -> Architecture:
        """The network of ``genome`` in ``setting``. Raises ``InfeasibleArchitecture``."""
        ...

    def evaluation(self, genome: Json) -> Proposal:
        """The proposal (kind, fidelity, arguments, cost; no births and subjects) that scores a genome in the
        search. Raises ``InfeasibleArchitecture`` when the network cannot be built or is over a cap.

        ``arguments["space_params"]`` holds the parameters (JSON) this space was made from, so that a worker
        can describe the same network; ``arguments["batch"]`` how many samples a step takes, from which pages
        say how much memory a training needs."""
        ...

    def final_evaluation(self, genome: Json) -> Proposal | None:
        """The longer training that ends a search, scored on validation: the proposal (as above, with
        ``phase="final"`` and ``reuse=False``); None where the space has none."""
        ...


class Asked(NamedTuple):
    """What ``ask`` gives: proposals in order, and children refused before training: (genome, parents,
    reason)."""

    proposals: tuple[Proposal, ...] = ()
    refused: tuple[Refused, ...] = ()


class Refused(NamedTuple):
    """A child that was never born because its network is infeasible or over a cap: recorded, never
    trained."""

    genome: Json
    parents: tuple[int, ...]
    reason: str


class Death(NamedTuple):
    """A birth leaving the population, and why: ``aged``, ``lost`` (least fit), ``pruned``, ``failed``."""

    number: int
    reason: str


class Told(NamedTuple):
    """What a ``tell`` changed: who entered the population, who left it, which artifacts (sha256) the state
    still needs, and whether a generation or round ended here (then a snapshot of the state is kept)."""

    entered: tuple[int, ...] = ()
    deaths: tuple[Death, ...] = ()
    keep: frozenset[str] = frozenset()
    milestone: str | None = None


class Member(NamedTuple):
    """One network of a result: its birth, the job that trained it last, its weights' artifact."""

    birth: int
    job: int
    weights: str | None


@dataclass(frozen=True)
class Outcome:
    """What a search found: its kind, the members (best first) and metrics on validation (never on test)."""

    kind: ResultKind
    members: tuple[Member, ...]
    metrics: dict[str, float] = field(default_factory=dict)


class Search(Protocol):
    """An ask/tell search over a bounded JSON state.

    Calls come from the driver alone: results are told one at a time in job order, and after each the driver
    asks until W jobs are untold or nothing is proposed. ``ask(n)`` must equal n calls of ``ask(1)``.
    """

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        """At most ``count`` proposals. Births are numbered ``first_birth``, ``first_birth + 1``, ... in
        order. None at all means: nothing before something is told, or nothing any more."""
        ...

    def tell(self, report: Report, archive: Archive) -> Told:
        """Take in one result. A failed score never becomes a parent and never raises."""
        ...

    def close(self) -> None:
        """The budget is used up or a person stopped the search: propose no new births, only the final
        phase."""
        ...

    @property
    def finished(self) -> bool:
        """Nothing more will be proposed."""
        ...

    def progress(self) -> Json:
        """For the page's state line: ``{"cycle": 14, "of": 40, "population": [birth numbers]}`` and what else
        the method's panels show; small. ``documents`` names artifacts (``Method.documents``). A front that
        trades something else than multiply-adds says what: ``front_cost``, with ``name`` (``parameters`` or
        ``latency``, in ms), and of latency what each ``members`` has, by birth."""
        ...

    def state(self) -> Json:
        """Everything needed to go on, generator included; bounded by the population, at most 64 KB."""
        ...

    def outcome(self, archive: Archive) -> Outcome:
        """What was found so far; at any moment after the first told fitness. No members before that."""
        ...


class SearchFactory(Protocol):
    """Start or restore a search. ``space`` is the method's own, or for a control the searched one.
    ``rng`` drives every draw; a restored search takes its generator from the state and ignores ``rng``."""

    def __call__(
        self,
        params: Params,
        space: Space | None,
        data: DataSummary,
        rng: np.random.Generator,
        state: Json | None,
    ) -> Search: ...


@dataclass(frozen=True)
class Method:
    """What ``spec.py`` binds to ``METHOD``. ``space`` builds the method's space from its parameters and the
    data (None: a control that searches another's space, named by its parameter ``space``); ``search`` starts
    or restores the search; ``evaluators`` is the module with ``JOB_KINDS``, named and not imported, because
    it loads torch; ``control`` is the slug of the control of equal cost launched beside it, which may be the
    method itself under ``control_values`` (first the one thing it does differently, then what lets it spend
    as much); ``planned`` says how many evaluations (jobs of the search phase) these parameters ask for when
    no budget closes the search earlier; ``demo_data`` names the built-in set its demo runs on (empty: one of
    its modality); ``unplotted`` are beginnings of names in a training's curve that pages do not plot one by
    one, because the method's picture shows them; ``documents`` are parameters whose value is a JSON object
    that a run may find itself, as an artifact which its progress names by the parameter under
    ``documents``: it can be taken from the run, goes along with its exports, and its control is given it."""

    slug: str
    title: str
    summary: str
    paper: Paper
    params: type[Params]
    presets: Mapping[str, Preset]
    accepts: Accepts
    result: ResultKind
    search: SearchFactory
    space: Callable[[Params, DataSummary], Space] | None
    evaluators: str | None
    panels: tuple[str, ...] = ()
    control: str | None = "random_search"
    control_values: Mapping[str, object] = field(default_factory=dict)
    demo_data: str = ""
    is_control: bool = False
    planned: Callable[[Params], int] | None = None
    examples: Mapping[str, Callable[[Params, DataSummary], Json]] = field(default_factory=dict)
    unplotted: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuiltInSpace:
    """What ``searchengine/spaces/<slug>/spec.py`` binds to ``SPACE``: a space that no method of its own
    searches, for the controls. Fields as in ``Method``."""

    slug: str
    title: str
    summary: str
    params: type[Params]
    accepts: Accepts
    space: Callable[[Params, DataSummary], Space]
    evaluators: str
    panels: tuple[str, ...] = ()
    examples: Mapping[str, Callable[[Params, DataSummary], Json]] = field(default_factory=dict)
    unplotted: tuple[str, ...] = ()
