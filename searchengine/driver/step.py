"""One step of a search: told what is ready, in job order, asked until the window is full.

History is a function of the plan: after every single ``tell`` the search is asked until W jobs are untold or
it proposes nothing, so job i depends on exactly what was told by then, however many results lie ready at
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from searchengine.core.archive import Archive, Overlay
from searchengine.core.errors import BrokenContract
from searchengine.core.events import Event
from searchengine.core.generator import first_generator, job_seed
from searchengine.core.jobs import Birth, Job, Proposal, Report, Result
from searchengine.core.jsontext import Json
from searchengine.core.method import Outcome, Refused, Search
from searchengine.driver.check import check_proposal, check_result
from searchengine.driver.envelope import Envelope, Untold
from searchengine.driver.plan import Parts, Plan
from searchengine.driver.telling import Telling, birth_payload, refusal_payload, telling_payload

# So many answers from history in a row mean that a space holds no new genomes; the search then ends.
MOST_REUSES_IN_A_ROW = 1000


@dataclass(frozen=True)
class Step:
    """What a step changed. The caller stores all of it at once or nothing.

    ``jobs`` are new; those with ``reuse_of`` are not to be run. ``told`` are in order. ``milestones`` are
    (name, state text) at the end of a generation or round. ``keep`` are the artifacts (sha256) still needed.
    ``progress`` is the search's own and ``evaluations`` (run and told, search phase), ``reused`` (told from
    history, search phase), ``failed``, ``jobs`` (asked), ``untold``, ``cost`` (asked, search phase),
    ``closing``. ``outcome`` is None before the first told fitness.
    """

    state: str
    births: tuple[Birth, ...]
    jobs: tuple[Job, ...]
    told: tuple[Telling, ...]
    refused: tuple[Refused, ...]
    events: tuple[Event, ...]
    milestones: tuple[tuple[str, str], ...]
    keep: frozenset[str]
    finished: bool
    progress: Json
    outcome: Outcome | None


def start(plan: Plan) -> str:
    """The state of a run before its first step, JSON text.

    Raises ``InvalidParams``, ``DataRefused`` and ``UnknownName`` in words.
    """
    parts = Parts(plan)
    search = parts.method.search(parts.params, parts.space, plan.data, first_generator(plan.seed), None)
    return Envelope(method=plan.method, search=search.state()).to_text()


def step(
    plan: Plan, state: str, ready: Mapping[int, Result], archive: Archive, *, closing: bool = False
) -> Step:
    """Take one step from ``state``.

    ``ready`` maps job numbers to finished results; those whose turn has not come are left for a later step.
    ``archive`` holds the history up to ``state``. ``closing`` ends the search phase here (a person's stop, a
    budget in seconds). Raises ``StateMismatch``, ``InvalidResult`` and, for a bug of the method,
    ``BrokenContract``; then nothing has changed.
    """
    parts = Parts(plan)
    turn = _Turn(parts, Envelope.from_text(state, plan.method), archive)
    if closing:
        turn.close("stopped")
    turn.ask()
    while turn.tell_next(ready):
        turn.ask()
    return turn.result()


class _Turn:
    """The step while it is taken."""

    def __init__(self, parts: Parts, envelope: Envelope, archive: Archive) -> None:
        self.plan = parts.plan
        self.evaluator = parts.evaluator
        self.envelope = envelope
        self.archive = Overlay(archive)
        self.search: Search = parts.method.search(
            parts.params, parts.space, parts.plan.data, first_generator(parts.plan.seed), envelope.search
        )
        self.births: list[Birth] = []
        self.jobs: list[Job] = []
        self.told: list[Telling] = []
        self.refused: list[Refused] = []
        self.events: list[Event] = []
        self.milestones: list[tuple[str, str]] = []

    def close(self, reason: str) -> None:
        if self.envelope.closing is None and not self.envelope.finished:
            self.envelope.closing = reason
            self.envelope.may_ask = True
            self.search.close()
            self.events.append(Event("closing", {"reason": reason}))

    def ask(self) -> None:
        """Until W jobs are untold or nothing is proposed. Nothing at all when nothing was told since."""
        state = self.envelope
        while state.may_ask:
            self._close_when_spent()
            if len(state.untold) >= self.plan.window:
                return  # the next tell opens a place
            asked = self.search.ask(1, state.births, self.archive)
            for refused in asked.refused:
                self.refused.append(refused)
                self.events.append(Event("refused", refusal_payload(refused)))
            if len(asked.proposals) > 1:
                raise BrokenContract(
                    f"asked for 1 proposal, got {len(asked.proposals)}; return at most ``count``"
                )
            if not asked.proposals:
                state.may_ask = False
                self._finish_when_done()
                return
            self._issue(asked.proposals[0])

    def _close_when_spent(self) -> None:
        reason = self.plan.budget.reached(self.envelope.evaluations, self.envelope.cost)
        if reason is None and self.envelope.reuses >= MOST_REUSES_IN_A_ROW:
            reason = f"the last {MOST_REUSES_IN_A_ROW} genomes were all known: the space holds no new ones"
        if reason is not None:
            self.close(reason)

    def _finish_when_done(self) -> None:
        state = self.envelope
        if state.untold or state.finished:
            return
        if not self.search.finished:
            raise BrokenContract(
                "the search proposes nothing while nothing is untold, and does not call itself finished"
            )
        state.finished = True
        self.events.append(Event("finished", {"births": state.births, "jobs": state.jobs}))

    def _issue(self, proposal: Proposal) -> None:
        state = self.envelope
        check_proposal(proposal, state.births, closed=state.closing is not None)
        for birth in proposal.births:
            self.archive.add_birth(birth)
            self.births.append(birth)
        state.births += len(proposal.births)
        job = self._job(proposal)
        self.archive.add_job(job)
        self.jobs.append(job)
        state.untold.append(Untold.of(job))
        state.reuses = 0 if job.reuse_of is None else state.reuses + 1
        if job.phase == "search":
            state.evaluations += 1
            state.cost += job.cost if job.reuse_of is None else 0.0
        for birth in proposal.births:
            self.events.append(Event("birth", birth_payload(birth, job.number)))

    def _job(self, proposal: Proposal) -> Job:
        number = self.envelope.jobs
        protocol = proposal.protocol(self.evaluator)
        subjects = {subject: self.archive.birth(subject) for subject in proposal.subjects}
        reuse_of = None
        if proposal.reuse and len(proposal.subjects) == 1:
            reuse_of = self.archive.evaluated(subjects[proposal.subjects[0]].key, protocol)
        return Job(
            number=number,
            evaluator=self.evaluator,
            kind=proposal.kind,
            subjects=tuple(proposal.subjects),
            genomes={subject: birth.genome for subject, birth in subjects.items()},
            seed=job_seed(self.plan.seed, number),
            fidelity=proposal.fidelity,
            arguments=proposal.arguments,
            inputs=dict(proposal.inputs),
            recipe=self.plan.recipe,
            cost=float(proposal.cost),
            phase=proposal.phase,
            protocol=protocol,
            reuse_of=reuse_of,
        )

    def tell_next(self, ready: Mapping[int, Result]) -> bool:
        """Tell the next job in order. False when its result is not there yet."""
        state = self.envelope
        if not state.untold:
            return False
        number, job = state.told, state.untold[0]
        report = self._report(number, job, ready)
        if report is None:
            return False
        state.untold.pop(0)
        state.told += 1
        if job.phase == "search":
            state.told_evaluations += job.reuse_of is None
            state.told_reused += job.reuse_of is not None
        state.failed += any(score.failure is not None for score in report.scores.values())
        self.archive.add_report(report)
        told = self.search.tell(report, self.archive)
        state.may_ask = True
        state.keep = sorted(told.keep)
        cost = 0.0 if job.reuse_of is not None else job.cost
        self.told.append(Telling(number, report, told.entered, told.deaths, cost))
        self.events.append(Event("told", telling_payload(self.told[-1])))
        self.events += [
            Event("death", {"birth": d.number, "reason": d.reason, "job": number}) for d in told.deaths
        ]
        if told.milestone is not None:
            self.milestones.append((told.milestone, state.with_search(self.search.state()).to_text()))
            self.events.append(Event("milestone", {"name": told.milestone, "job": number}))
        return True

    def _report(self, number: int, job: Untold, ready: Mapping[int, Result]) -> Report | None:
        if job.reuse_of is None:
            result = ready.get(number)
            if result is None:
                return None
            check_result(result, number, job.subjects)
            scores = {subject: result.scores[subject] for subject in job.subjects}
            return Report(
                number, job.kind, job.phase, job.subjects, scores, result.findings, result.artifacts
            )
        earlier = self.archive.report(job.reuse_of)
        if earlier is None:
            raise BrokenContract(
                f"job {number} repeats job {job.reuse_of}, which was told before it but is not there"
            )
        scores = {job.subjects[0]: earlier.scores[earlier.subjects[0]]}
        return Report(
            number,
            job.kind,
            job.phase,
            job.subjects,
            scores,
            earlier.findings,
            earlier.artifacts,
            job.reuse_of,
        )

    def result(self) -> Step:
        state = self.envelope
        outcome: Outcome | None = self.search.outcome(self.archive)
        outcome = outcome if outcome is not None and outcome.members else None
        keep = {*state.keep, *(sha for job in state.untold for sha in job.inputs.values())}
        if outcome is not None:
            keep |= {member.weights for member in outcome.members if member.weights is not None}
        progress = {
            **self.search.progress(),
            "evaluations": state.told_evaluations,
            "reused": state.told_reused,
            "failed": state.failed,
            "jobs": state.jobs,
            "births": state.births,
            "untold": len(state.untold),
            "cost": state.cost,
            "closing": state.closing,
        }
        return Step(
            state=state.with_search(self.search.state()).to_text(),
            births=tuple(self.births),
            jobs=tuple(self.jobs),
            told=tuple(self.told),
            refused=tuple(self.refused),
            events=tuple(self.events),
            milestones=tuple(self.milestones),
            keep=frozenset(keep),
            finished=state.finished,
            progress=progress,
            outcome=outcome,
        )
