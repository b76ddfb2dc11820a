"""What the paper claims, at small scale: ``python -m searchengine claims nse [--only C-test]``.

A (rehearsal) and B (gain over rounds) score exactly, on a table, and take seconds; they test the rounds and
never whether small supernets rank better. C (small subset against the whole pool) and D (several operations a
cell against one) train supernets: 4 rounds of 1,000 steps on ``digits``, then test accuracies of three fresh
trainings of the best network found in the band. Searches and trainings are shared by the claims that need
them.
"""

from __future__ import annotations

from typing import NamedTuple

from searchengine.core.jsontext import Json, canonical
from searchengine.data.prepare import prepare
from searchengine.driver.claims import Arm, Bench, Claim, Measured
from searchengine.driver.plan import Plan, make_plan
from searchengine.experiments.judged import Candidate, judge_candidates
from searchengine.experiments.searches import Found, run_search
from searchengine.methods.nse.claims_table import Rules, table_arm
from searchengine.methods.nse.ops import POOLS
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.space import NseSpace

WITH, WITHOUT = "with rehearsal", "without rehearsal"
SUBSETS, WHOLE, SINGLE = "subsets", "whole pool", "one operation a cell"
SAMPLES = 25
"""Paths a round: few, some, and more than four rounds can use up."""
SHARE = "share of the best hypervolume"
TABLE = "exact scorer: NAS-Bench-201's table; that of NAS-Bench-Macro is not at hand"


class Protocol(NamedTuple):
    """What the arms with supernets share: ``values`` over the demo preset, ``repeats`` fresh trainings of the
    best network."""

    data: str = "digits"
    values: Json = {"rounds": 4, "round_steps": 1000, "finalists": 0}
    repeats: int = 3


def _rehearsal(slug: str, rules: Rules, how: str = "") -> Claim:
    return Claim(
        slug,
        f"Scoring the old front again gives a better last front: {rules.samples} paths a round{how}"
        f" ({TABLE})",
        WITH, WITHOUT, {WITH: table_arm(rules), WITHOUT: table_arm(rules._replace(rehearse=False))},
        seeds=100, unit=SHARE,
    )  # fmt: skip


def _gain(number: int) -> Claim:
    """Round ``number`` against the one before."""
    now, before = f"round {number}", f"round {number - 1}"
    rules = Rules(SAMPLES)
    return Claim(
        f"B-{number}",
        f"The front of round {number} is better than that of round {number - 1}: {SAMPLES} paths a round"
        f" ({TABLE})",
        now, before, {now: table_arm(rules, number), before: table_arm(rules, number - 1)},
        seeds=100, unit=SHARE,
    )  # fmt: skip


def claims(protocol: Protocol) -> tuple[Claim, ...]:
    """The claims under ``protocol``."""

    def loss(which: str) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            found = _search(bench, seed, protocol, which)
            losses = front_losses(found)
            details: Json = {"front": losses}
            return Measured(min(losses), found.cost, found.seconds, details)

        return arm

    def retrained(which: str) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            return _retrained(bench, seed, protocol, which)

        return arm

    return (
        *(_rehearsal(f"A-{samples}", Rules(samples)) for samples in (SAMPLES, 50, 100)),
        _rehearsal("A-ends", Rules(SAMPLES, repeat=False), ", ended when no operation can enter"),
        _rehearsal("A-capped", Rules(SAMPLES, cap=True), ", at most K - 1 operations locked in a cell"),
        *(_gain(number) for number in (2, 3, 4)),
        Claim(
            "C-loss",
            "At equal training compute the front found in small subsets has a lower loss than that of one"
            " supernet over the whole pool",
            WHOLE, SUBSETS, {WHOLE: loss(WHOLE), SUBSETS: loss(SUBSETS)},
            seeds=3, unit="least loss on the front, by its supernet, on validation",
        ),
        Claim(
            "C-test",
            "At equal training compute the best network found in small subsets, trained again, beats that of"
            " one supernet over the whole pool",
            SUBSETS, WHOLE, {SUBSETS: retrained(SUBSETS), WHOLE: retrained(WHOLE)},
            seeds=3, unit="test accuracy",
        ),
        Claim(
            "D",
            "Cells that hold several operations give a better network in the same band than cells of one",
            SUBSETS, SINGLE, {SUBSETS: retrained(SUBSETS), SINGLE: retrained(SINGLE)},
            seeds=3, unit="test accuracy",
        ),
    )  # fmt: skip


CLAIMS = claims(Protocol())


def plan_of(bench: Bench, seed: int, protocol: Protocol, which: str) -> Plan:
    """The search of one arm. The whole pool gets one round with as many forward passes of an operation as all
    rounds over subsets (a step runs half of the active ones), and scores as many paths as they do."""
    data = prepare(protocol.data, bench.data_root).summary
    values = dict(protocol.values)
    if which == SINGLE:
        values["branches"] = "single"
    elif which == WHOLE:
        usual = NseParams.parse(protocol.values)
        pool = len(POOLS[usual.pool])
        values |= {
            "subset_size": pool,
            "rounds": 1,
            "round_steps": round(usual.rounds * usual.round_steps * usual.subset_size / pool),
            "candidates": usual.rounds * usual.candidates,
            "guards": usual.rounds * usual.guards,
        }
    return make_plan("nse", data, seed=seed, values=values)


def front_losses(found: Found) -> list[float]:
    """The loss of every member of the last front by the last supernet that scored it. A path that several
    rounds drew has a record of each, in order; the last is the member."""
    members = {canonical(genome) for genome in found.genomes}
    last = {canonical(record["genome"]): record for record in found.records}
    return [record["evaluations"][-1]["metrics"]["loss"] for text, record in last.items() if text in members]


def _search(bench: Bench, seed: int, protocol: Protocol, which: str) -> Found:
    return run_search(bench, plan_of(bench, seed, protocol, which), which.replace(" ", "_"))


def _retrained(bench: Bench, seed: int, protocol: Protocol, which: str) -> Measured:
    """Fresh trainings of the most accurate network of the last front, judged on test."""
    plan, found = plan_of(bench, seed, protocol, which), _search(bench, seed, protocol, which)
    space, genome = NseSpace(NseParams.parse(plan.params), plan.data), found.genomes[0]
    network = space.describe(genome, space.final_setting)
    proposals = (space.final_evaluation(genome),) * protocol.repeats
    candidate = Candidate(genome, space.key(genome), network, proposals)
    judged = judge_candidates(bench, "nse", [candidate], plan.data, seed)
    details: Json = {"genome": genome, "macs": network.macs, "front": len(found.genomes)}
    return Measured(judged.alone[0], found.cost + judged.cost, found.seconds + judged.seconds, details)
