"""The search: rounds in which a supernet is trained, paths are scored with it, and the subset evolves.

A round is a training of the supernet restricted to the present subset, then scoring jobs of several paths
each (the last front again, candidates inside the band, guards below it), then selection: the front's ops are
locked, the others leave, pending ones enter. Training and selection are barriers; the scoring between them is
told in any grouping of jobs. Where latency is the resource and no table was given, one is measured before all
of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searchengine.core.archive import Archive
from searchengine.core.errors import StateMismatch
from searchengine.core.finals import Finals
from searchengine.core.generator import generator_from, state_of
from searchengine.core.jobs import Birth, Change, Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Asked, Death, Outcome, Space, Told
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary
from searchengine.methods.nse.candidates import CellCosts, Draw, candidates, guards
from searchengine.methods.nse.front import Scored, front
from searchengine.methods.nse.gates import probabilities
from searchengine.methods.nse.genome import PathGenome, SpaceGenome, key, parse_path, to_json
from searchengine.methods.nse.limits import Limits
from searchengine.methods.nse.limits import limits as limits_of
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.proposals import measuring, scoring, training
from searchengine.methods.nse.record import from_json as record_from_json
from searchengine.methods.nse.record import to_json as record_to_json
from searchengine.methods.nse.results import finalists, front_cost, outcome
from searchengine.methods.nse.space import NseSpace
from searchengine.methods.nse.state import Changed, Entry, Measuring, Round, still_running, table_of
from searchengine.methods.nse.subset import (
    Cells,
    first_space,
    left_over,
    lock,
    refill,
    standstill,
    without,
)
from searchengine.methods.nse.subset import Space as Subset

VERSION = 2


def _first_round(params: NseParams, rng: np.random.Generator) -> Subset:
    skeleton, start = params.skeleton(), params.start()
    size, rounds = params.subset_size, params.rounds
    if start is None:
        return first_space(skeleton.cells, len(skeleton.ops), size, rounds, rng)
    return start.begun(len(skeleton.ops), size, rounds, params.stall_cap, rng)


class NseSearch:
    """State: generator, space record, the round under way, the last front, what became of every round, who
    entered and left by it while that is untold, final phase, and by latency what was measured."""

    def __init__(
        self,
        params: Params,
        space: Space | None,
        data: DataSummary,
        rng: np.random.Generator,
        state: Json | None,
    ) -> None:
        if not isinstance(params, NseParams) or not isinstance(space, NseSpace):
            raise TypeError("NSE searches its own space with its own parameters")
        if state is not None and state.get("version") != VERSION:
            raise StateMismatch(f"expected a state of nse version {VERSION}, got {state.get('version')!r}")
        self._params, self._nse, self._data = params, space, data
        kept: Json = state or {}
        skeleton = space.skeleton
        self._rng = generator_from(kept["generator"]) if state else rng
        self._subset = (
            record_from_json(kept["subset"], skeleton.cells, len(skeleton.ops), params.subset_size)
            if state
            else _first_round(params, rng)
        )
        self._round = Round.from_json(kept["round"]) if state else Round()
        self._front = [Entry.from_json(one) for one in kept.get("front", [])]
        self._history: list[Json] = list(kept.get("history", []))
        self._changed = Changed.from_json(kept.get("changed"))
        self._over: bool = kept.get("over", False)
        self._closed: bool = kept.get("closed", False)
        self._finals = Finals.from_json(kept["finals"]) if state else Finals()
        self._measuring = Measuring.from_json(kept["measuring"]) if "measuring" in kept else Measuring()
        self._limits = self._known_limits()

    # --- asking ------------------------------------------------------------------------------------

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        proposals: list[Proposal] = []
        fresh: dict[str, int] = {}  # keys born in this call: the archive does not know them yet
        while len(proposals) < count:
            number = first_birth + sum(len(proposal.births) for proposal in proposals)
            proposal = self._next(number, archive, fresh)
            if proposal is None:
                break
            fresh.update({birth.key: birth.number for birth in proposal.births})
            proposals.append(proposal)
        return Asked(tuple(proposals))

    def _next(self, number: int, archive: Archive, fresh: dict[str, int]) -> Proposal | None:
        if self._finals.chosen is None:
            if self._measuring.untold:
                return None
            if not self._closed and not self._over:
                if self._limits is None:
                    return self._measure(number)
                if self._round.record is None:
                    return self._train(number)
                if self._round.supernet is None:
                    return None
                proposal = self._score(number, archive, fresh)
                if proposal is not None:
                    return proposal
            if self._round.untold:
                return None
            if not self._closed and not self._over:
                self._end_round()  # nothing could be drawn at all
                return self._next(number, archive, fresh)
            if self._round.running:
                self._end_round()  # stopped in the middle of a round: what it scored counts
            self._finals.begin(finalists(self._front, self._params.finalists, archive))
        return self._finals.next(self._nse.final_evaluation, archive)

    def _record(self, number: int) -> Birth:
        """The birth of this round's space."""
        genome = SpaceGenome(self._nse.skeleton, self._subset)
        change = Change("refill", {"round": self._subset.round}, self._sentence())
        first = "second_pool" if self._params.start_from else "first_subset"
        return Birth(
            number,
            to_json(genome),
            key(genome),
            tuple(sorted(one.birth for one in self._front)),
            "refill" if self._front else first,
            (change,),
            self._subset.round,
        )

    def _measure(self, number: int) -> Proposal:
        """The job that measures the latency table; its subject is the first round's space."""
        self._measuring = Measuring(record=number, untold=True)
        return measuring(self._nse, number, self._record(number))

    def _train(self, number: int) -> Proposal:
        """The job that trains this round's supernet; its birth is the space, which the first round's has
        already when a table was measured for it."""
        limits = self._limits
        assert limits is not None
        measured = self._measuring.record if not self._history else None
        births = () if measured is not None else (self._record(number),)
        record = number if measured is None else measured
        self._round = Round(record=record, first=number + len(births), untold=1)
        return training(self._nse, limits, self._subset, record, births)

    def _score(self, number: int, archive: Archive, fresh: dict[str, int]) -> Proposal | None:
        """The next job of paths to score; None when all were asked."""
        current, params = self._round, self._params
        if not current.complete and not current.rehearsed and params.rehearse:
            old = [one for one in self._front if self._fits(one.path)]
            if old and current.candidates == 0:
                current.rehearsed = [_earliest(one.birth, archive) for one in old]
                current.untold += 1
                return self._scoring(number, (), [(one.birth, one.path) for one in old])
        if params.start_from and params.rehearse and not self._history and not current.carried:
            proposal = self._carry(number)
            if proposal is not None:
                return proposal
        while not current.complete:
            guard = current.candidates >= params.candidates
            asked, wanted = (
                (current.guards, params.guards) if guard else (current.candidates, params.candidates)
            )
            if asked >= wanted:
                current.complete = True
                break
            count = min(params.paths_a_job, wanted - asked)
            draw = self._draw(guard, count, archive, fresh)
            if guard:
                current.guards = current.guards + count if not draw.missing else params.guards
            else:
                current.candidates = current.candidates + count if not draw.missing else params.candidates
            if draw.missing:
                current.short.append(draw.sentence)
            if not draw.found:
                continue
            births: list[Birth] = []
            subjects: list[tuple[int, Cells]] = []
            for drawn in draw.found:
                genome = PathGenome(self._nse.skeleton, drawn.path)
                earlier = archive.by_key(key(genome))
                if earlier is not None:
                    # Scored in an earlier round too: a life of its own, because that one's may be over.
                    current.rehearsed.append(earlier)
                born = number + len(births)
                operator = "guard" if guard else "candidate"
                text = f"a path drawn by its gates, {'below' if guard else 'in'} the band"
                births.append(self._born(born, genome, drawn.cost, operator, text))
                subjects.append((born, drawn.path))
            current.untold += 1
            current.complete = current.candidates >= params.candidates and current.guards >= params.guards
            return self._scoring(number, tuple(births), subjects)
        return None

    def _carry(self, number: int) -> Proposal | None:
        """The front that the search goes on from, scored once beside the first round's candidates; None where
        nothing of it lies in the band and in the supernet."""
        current, limits, start = self._round, self._limits, self._params.start()
        assert limits is not None
        assert start is not None
        current.carried = True
        costs = {path: limits.costs.of(path) for path in start.paths if self._fits(path)}
        found = [(path, cost) for path, cost in costs.items() if limits.band.low <= cost <= limits.band.high]
        if len(found) < len(start.paths):
            current.short.append(
                f"{len(found)} of the {len(start.paths)} paths it goes on from are scored; the others cost"
                " more or less than the band allows, or use an operation that is not in the supernet"
            )
        if not found:
            return None
        text = "a path of the search that this one goes on from"
        births = tuple(
            self._born(number + place, PathGenome(self._nse.skeleton, path), cost, "carried", text)
            for place, (path, cost) in enumerate(found)
        )
        current.untold += 1
        subjects = [(birth.number, path) for birth, (path, _) in zip(births, found, strict=True)]
        return self._scoring(number, births, subjects)

    def _born(self, number: int, genome: PathGenome, cost: float, operator: str, text: str) -> Birth:
        """The birth of a path that this round scores."""
        record = self._round.record
        assert record is not None
        change = Change(operator, {"cost": cost}, text)
        return Birth(
            number, to_json(genome), key(genome), (record,), operator, (change,), self._subset.round
        )  # fmt: skip

    def _scoring(
        self, number: int, births: tuple[Birth, ...], subjects: Sequence[tuple[int, Cells]]
    ) -> Proposal:
        current = self._round
        assert current.supernet is not None
        return scoring(self._nse, current.supernet, current.built, self._subset.round, births, subjects)

    def _draw(self, guard: bool, count: int, archive: Archive, fresh: dict[str, int]) -> Draw:
        params, current, space, limits = self._params, self._round, self._nse, self._limits
        assert limits is not None
        table = CellCosts(limits.costs.of_active(current.active), limits.costs.fixed)
        gates = probabilities(current.gates)

        def known(path: Cells) -> bool:
            name = key(PathGenome(space.skeleton, path))
            number = fresh.get(name, archive.by_key(name))
            return number is not None and (number >= current.first or number in current.rehearsed)

        cells, mode = space.skeleton.cells, params.branches
        if not guard:
            return candidates(
                cells, current.active, gates, table, limits.band, count, self._rng, known=known, mode=mode
            )
        return guards(
            cells, current.active, gates, table, limits.band, limits.guard_width, count, self._rng,
            known=known, mode=mode,
        )  # fmt: skip

    # --- telling -----------------------------------------------------------------------------------

    def tell(self, report: Report, archive: Archive) -> Told:
        told = self._told(report, archive)
        changed, self._changed = self._changed, Changed()
        left = tuple(Death(birth, "pruned") for birth in changed.left)
        return Told(changed.entered, (*told.deaths, *left), self._keep(), changed.milestone)

    def _told(self, report: Report, archive: Archive) -> Told:
        if report.phase == "final":
            self._finals.tell(report, archive)
            return Told()
        if report.kind == "measure_latency":
            return self._told_measurement(report)
        self._round.untold -= 1
        if report.kind == "train_supernet":
            return self._told_training(report)
        current, limits = self._round, self._limits
        assert limits is not None
        entries = [*current.running]
        deaths = []
        members = {one.birth for one in self._front}
        for number in report.subjects:
            score = report.scores[number]
            if score.fitness is None:
                # A member of the last front leaves at the end of the round, with those that others replace.
                if number not in members:
                    deaths.append(Death(number, "failed"))
                continue
            path = parse_path(archive.birth(number).genome).path
            cost = limits.costs.of(path)
            guard = cost < limits.band.low
            entries.append(Entry(number, path, cost, score.fitness, report.job, self._subset.round, guard))
        current.running = still_running(entries)
        if not current.untold and (current.complete or self._closed):
            self._end_round()
        return Told((), tuple(deaths))

    def _told_measurement(self, report: Report) -> Told:
        """Without a table, and with one by which no path lies in the band, the search ends with nothing."""
        (number,) = report.subjects
        measuring, found = self._measuring, report.findings
        measuring.untold = False
        failure = report.scores[number].failure
        measuring.table = report.artifacts.get("table")
        if failure is not None:
            self._over = True
            self._round.short.append(failure.reason)
            return Told((), (Death(number, "failed"),))
        measuring.costs, measuring.where = table_of(found["costs"]), dict(found["where"])
        self._limits = self._known_limits()
        return Told()

    def _known_limits(self) -> Limits | None:
        """None while a latency table is still to be measured, or is of no use."""
        if not self._params.measures:
            return self._nse.limits
        if self._measuring.costs is None:
            return None
        return limits_of(self._params, self._measuring.costs, self._data.slug)

    def _told_training(self, report: Report) -> Told:
        (number,) = report.subjects
        weights = report.artifacts.get("weights")
        if report.scores[number].failure is not None or weights is None:
            # Without weights nothing can be scored: the search ends with the front it has.
            self._over = True
            return Told((), (Death(number, "failed"),))
        found, current = report.findings, self._round
        current.built = self._subset.active
        active = tuple(tuple(ops) for ops in found["active"])
        pruned = tuple(
            tuple(op for op in ops if op not in kept)
            for ops, kept in zip(self._subset.active, active, strict=True)
        )
        self._subset = without(self._subset, pruned, lock=self._params.lock)
        current.active = self._subset.active
        by_cell = [dict(zip(ops, row, strict=True)) for ops, row in zip(active, found["alphas"], strict=True)]
        current.gates = tuple(
            tuple(float(row[op]) for op in ops) for row, ops in zip(by_cell, current.active, strict=True)
        )
        current.supernet = weights
        return Told()

    def _end_round(self) -> None:
        """Selection, lock and refill; the search is over after the last round, or when no op can enter. What
        changed is told with the report that ended the round, or where asking found its end, with the next
        one."""
        current = self._round
        scored = {(one.path, one.birth): one for one in current.running}
        members: tuple[Scored, ...] = front(one.scored() for one in current.running)
        crowded = not members and any(not one.guard for one in current.running)
        if crowded:
            members = front(one.scored() for one in current.running if not one.guard)
        found = [scored[(one.path, one.number)] for one in members]
        self._history.append(
            {
                "round": self._subset.round,
                "record": current.record,
                "front": [[one.birth, one.cost, one.value] for one in found],
                "active": sum(map(len, current.active)),
                "gates": self._gates(),
                "short": current.short,
            }
        )
        self._round = Round()
        name = f"round {self._subset.round}"
        if not found:
            self._changed, self._over = Changed(milestone=name), True
            return
        before, now = ({one.birth for one in members} for members in (self._front, found))
        self._changed = Changed(tuple(sorted(now - before)), tuple(sorted(before - now)), name)
        self._front = found
        paths = [one.path for one in found]
        self._subset = lock(self._subset, paths, [one.value for one in found], cap=self._params.stall_cap)
        self._over = self._subset.round == self._subset.rounds or standstill(self._subset) is not None
        if not self._over and not self._closed:
            self._subset = refill(self._subset)

    def close(self) -> None:
        self._closed = True

    # --- reading -----------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        return self._finals.done

    def progress(self) -> Json:
        space, current, limits = self._subset, self._round, self._limits
        return {
            "cycle": space.round if current.record is not None else len(self._history),
            "of": space.rounds,
            "population": [one.birth for one in self._front],
            "phase": self._phase(),
            "history": self._history,
            "standstill": standstill(space) if space.is_locked else None,
            "measured": self._measuring.where or None,
            "documents": {"latency_table": self._measuring.table} if self._measuring.table else {},
            "left_over": sum(left_over(space)),
            "gates": self._gates(),
            "short": current.short,
            "locked": [list(ops) for ops in space.locked],
            "resource": self._params.resource,
            "front_cost": front_cost(self._params, self._front),
            "band": [limits.band.low, limits.band.high] if limits else None,
        }

    def _gates(self) -> list[list[list[float]]]:
        """Of every cell the ops that training left, each with the probability of its gate; empty before."""
        current = self._round
        return [
            [[op, round(value, 4)] for op, value in zip(ops, row, strict=True)]
            for ops, row in zip(current.active, probabilities(current.gates), strict=True)
        ]

    def _phase(self) -> str:
        if self._finals.chosen is not None:
            return "finished" if self._finals.done else "final training"
        if self._over or self._closed:
            return "ending"
        if self._limits is None:
            return "measuring the latency table"
        return "training the supernet" if self._round.supernet is None else "scoring paths"

    def state(self) -> Json:
        return {
            "version": VERSION,
            "generator": state_of(self._rng),
            "subset": record_to_json(self._subset),
            "round": self._round.to_json(),
            "front": [one.to_json() for one in self._front],
            "history": self._history,
            "changed": self._changed.to_json(),
            "over": self._over,
            "closed": self._closed,
            "finals": self._finals.to_json(),
            "measuring": self._measuring.to_json(),
        }

    def outcome(self, archive: Archive) -> Outcome:
        return outcome(self._finals, self._front, self._round.running)

    def _fits(self, path: Cells) -> bool:
        return all(set(ops) <= set(held) for ops, held in zip(path, self._round.active, strict=True))

    def _sentence(self) -> str:
        locked, active = sum(map(len, self._subset.locked)), sum(map(len, self._subset.active))
        return f"{locked} operations kept, {active - locked} new"

    def _keep(self) -> frozenset[str]:
        supernet = self._round.supernet if self._finals.chosen is None else None
        needed = (supernet, self._measuring.table)
        return self._finals.scored.weights() | {sha256 for sha256 in needed if sha256}


def _earliest(birth: int, archive: Archive) -> int:
    """The first birth of that one's path."""
    found = archive.by_key(archive.birth(birth).key)
    assert found is not None
    return found
