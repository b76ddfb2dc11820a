"""How an EvaNet search ends: the best distinct networks are trained again and combined; hand-made ones stand
beside.

The ensemble is judged on validation. Members come from the whole archive, not from the last population.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from statistics import fmean

from searchengine.core.archive import Archive
from searchengine.core.jobs import Birth, Change, Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Member, Outcome
from searchengine.core.setting import Fidelity
from searchengine.methods.evanet.genome import to_json
from searchengine.methods.evanet.handmade import BASELINES, HAND_MADE, hand_made
from searchengine.methods.evanet.space import EvaNetSpace


@dataclass
class Trained:
    """Final trainings of one birth that did not fail; ``weights`` are those of the first."""

    birth: int
    job: int
    weights: str | None
    fitness: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return fmean(self.fitness)


@dataclass
class Finale:
    """Its state is JSON: which trainings are left, which are done, what the ensemble scored."""

    waiting: list[list[int]] | None = (
        None  # (birth, repeat) still to be asked; None until the final phase begins
    )
    hand_made_waiting: list[list[int | str]] | None = None  # (name, repeat) still to be asked
    hand_made_births: dict[str, int] = field(default_factory=dict)
    trained: dict[int, Trained] = field(default_factory=dict)
    ensemble: str = "waiting"  # waiting, asked, done
    ensemble_metrics: dict[str, float] = field(default_factory=dict)
    itgm: Json = field(default_factory=dict)  # birth, fitness, found (not hand-made), layers: for the page

    # --- hand-made networks ------------------------------------------------------------------------

    def next_hand_made(self, space: EvaNetSpace, first_birth: int) -> Proposal | None:
        """The next training of a hand-made network; None when all were asked. They are born right after the
        first population, so that the page can show from early on what there is to beat."""
        if self.hand_made_waiting is None:
            names: dict[str, str] = {}
            for one in BASELINES:
                names.setdefault(space.key(to_json(hand_made(one, space.bounds))), one)
            repeats = range(space.params.final_seeds)
            self.hand_made_waiting = [[one, repeat] for one in names.values() for repeat in repeats]
        if not self.hand_made_waiting:
            return None
        name, repeat = self.hand_made_waiting.pop(0)
        genome = to_json(hand_made(str(name), space.bounds))
        proposal = space.final_evaluation(genome, int(repeat))
        if repeat:
            return replace(proposal, subjects=(self.hand_made_births[str(name)],))
        self.hand_made_births[str(name)] = first_birth
        changes = (Change("hand_made", {"name": name}, HAND_MADE[str(name)].title),)
        birth = Birth(first_birth, genome, space.key(genome), operator="hand_made", changes=changes)
        return replace(proposal, subjects=(first_birth,), births=(birth,))

    # --- final trainings and ensemble --------------------------------------------------------------

    def begin(self, finalists: list[int], seeds: int) -> None:
        """Queue ``seeds`` trainings of each finalist, best first."""
        self.waiting = [[birth, repeat] for repeat in range(seeds) for birth in finalists]
        if not finalists:
            self.ensemble = "done"

    @property
    def begun(self) -> bool:
        return self.waiting is not None

    @property
    def done(self) -> bool:
        return self.ensemble == "done"

    def next(self, space: EvaNetSpace, archive: Archive, untold: int) -> Proposal | None:
        """The next final training, then one job for the ensemble; None while results are awaited."""
        if self.waiting:
            birth, repeat = self.waiting.pop(0)
            proposal = space.final_evaluation(archive.birth(birth).genome, repeat)
            return replace(proposal, subjects=(birth,))
        if untold or self.ensemble != "waiting":
            return None
        members = self._members(space)
        if not members:
            self.ensemble = "done"  # every final training failed: the leaders of the search remain
            return None
        self.ensemble = "asked"
        macs = sum(
            space.describe(archive.birth(one.birth).genome, space.final_setting).macs for one in members
        )
        return Proposal(
            "ensemble",
            tuple(one.birth for one in members),
            fidelity=Fidelity(),
            arguments={"space_params": space.space_params(), "batch": space.params.final_batch},
            inputs={str(one.birth): one.weights for one in members if one.weights is not None},
            cost=float(macs * space.data.sizes.get("validation", 1)),
            reuse=False,
            phase="final",
        )

    def tell(self, report: Report) -> None:
        if report.kind == "ensemble":
            self.ensemble = "done"
            self.ensemble_metrics = dict(report.findings.get("ensemble", {}))
            return
        birth = report.subjects[0]
        score = report.scores[birth]
        if score.fitness is None:
            return
        one = self.trained.setdefault(birth, Trained(birth, report.job, report.artifacts.get("weights")))
        self._keep_itgm(birth, score.fitness, report.findings.get("itgm", []))
        one.fitness.append(score.fitness)
        one.accuracy.append(score.metrics.get("accuracy", score.fitness))

    def _keep_itgm(self, birth: int, fitness: float, layers: list[Json]) -> None:
        """The iTGM layers of the best network that has any, a found one before a hand-made one."""
        found = birth not in self.hand_made_births.values()
        if layers and (found, fitness) > (self.itgm.get("found", False), self.itgm.get("fitness", -1.0)):
            self.itgm = {"birth": birth, "fitness": fitness, "found": found, "layers": layers}

    def ranked(self) -> list[Trained]:
        """Finalists by mean fitness, best first, of equals the earlier birth; hand-made networks are not
        among them."""
        made = set(self.hand_made_births.values())
        found = [one for one in self.trained.values() if one.birth not in made]
        return sorted(found, key=lambda one: (-one.mean, one.birth))

    def weights(self) -> frozenset[str]:
        return frozenset(one.weights for one in self.trained.values() if one.weights is not None)

    def outcome(self) -> Outcome | None:
        """The members by their final training with what the ensemble and the best of them reach; None
        before."""
        found = self.ranked()
        if not found:
            return None
        metrics = {
            "fitness": found[0].mean,
            "accuracy": fmean(found[0].accuracy),
            "best_single_accuracy": fmean(found[0].accuracy),
        }
        if self.ensemble_metrics:
            metrics |= self.ensemble_metrics
        return Outcome("ensemble", tuple(Member(one.birth, one.job, one.weights) for one in found), metrics)

    def _members(self, space: EvaNetSpace) -> list[Trained]:
        return [one for one in self.ranked() if one.weights is not None][: space.params.ensemble_size]

    # --- state -------------------------------------------------------------------------------------

    def to_json(self) -> Json:
        value = deepcopy(vars(self))
        value["trained"] = [vars(one) for one in value["trained"].values()]
        return value

    @classmethod
    def from_json(cls, value: Json) -> Finale:
        trained = [Trained(**deepcopy(one)) for one in value["trained"]]
        return cls(**{**deepcopy(value), "trained": {one.birth: one for one in trained}})
