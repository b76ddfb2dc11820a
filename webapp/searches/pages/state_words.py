"""A run's state as a person would say it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from webapp.plots.scale import duration
from webapp.searches.models import SearchRun
from webapp.searches.states import State


class StateWords(NamedTuple):
    """``label`` is the badge, ``look`` its colour class (``good``, ``warn``, ``bad``, ``accent`` or empty),
    ``sentence`` what it means now, ``alive`` whether something moves."""

    label: str
    look: str
    sentence: str
    alive: bool


class TimeLeft(NamedTuple):
    """Seconds left and how far off that may be, from the pace so far."""

    seconds: float
    spread: float


def active_seconds(run: SearchRun, now: datetime) -> float:
    """Wall time the run has run, pauses left out."""
    return run.active_seconds + ((now - run.active_since).total_seconds() if run.active_since else 0.0)


def time_left(run: SearchRun, now: datetime) -> TimeLeft | None:
    """From the evaluations told so far and the time it ran, pauses left out; None before the third or
    without a budget.

    The spread is two standard errors of a mean of independent, exponentially spread pauses: an upper bound
    for steady work.
    """
    if run.started is None or not run.evaluations_planned or run.evaluations_done < 3:
        return None
    left = run.evaluations_planned - run.evaluations_done
    if left <= 0:
        return None
    ran = active_seconds(run, now)
    pace = ran / run.evaluations_done
    seconds = pace * left
    if run.budget_seconds:
        seconds = min(seconds, max(run.budget_seconds - ran, 0.0))
    return TimeLeft(seconds, 2 * pace * left / run.evaluations_done**0.5)


def state_words(run: SearchRun, now: datetime, working: int = 0) -> StateWords:
    """The state with what is going on; ``working`` is how many evaluations run right now. No query."""
    state = State(run.state)
    done = run.evaluations_said
    if state is State.RUNNING:
        left = time_left(run, now)
        words = [done, f"{working} in training" if working else "waiting for a free worker"]
        phase = run.progress_json.get("phase")
        if isinstance(phase, str) and phase and phase != "finished":
            words.insert(0, phase)
        if run.closing:
            words.insert(0, "last phase")
        if left:
            words.append(f"about {duration(left.seconds)} left (± {duration(left.spread)})")
        return StateWords("running", "accent", ", ".join(words), True)
    took = duration(active_seconds(run, now)) if run.finished and run.started else None
    after = f" after {took}" if took else ""
    match state:
        case State.DRAFT if run.held == "control":
            return StateWords(
                "waiting", "", "starts when the search beside it ends: only then its cost is known", False
            )
        case State.DRAFT if run.held == "data":
            return StateWords("waiting", "accent", "starts by itself when its data set is prepared", True)
        case State.DRAFT:
            return StateWords("draft", "", "not launched yet", False)
        case State.QUEUED:
            return StateWords("queued", "accent", "waiting for its first step", True)
        case State.PAUSED:
            why = "held because the disk is nearly full" if run.held else "paused"
            rest = (
                f"; {working} evaluations still finishing"
                if working
                else "; nothing is lost, resume at any time"
            )
            return StateWords("paused", "warn", f"{why} at {done}{rest}", bool(working))
        case State.STOPPING:
            rest = f"{working} evaluations still finishing" if working else "writing down what was found"
            return StateWords("stopping", "warn", f"no new births; {rest}", True)
        case State.FINISHED:
            return StateWords("finished", "good", f"{done}{after}", False)
        case State.CANCELLED:
            return StateWords("killed", "warn", f"ended by a person at {done}{after}", False)
        case State.BROKEN:
            sentence = "stopped by a fault of the program; it can be resumed after an upgrade"
            return StateWords("broken", "bad", sentence, False)
        case State.FAILED:
            return StateWords(
                "failed", "bad", run.error.partition("\n")[0] or "the search could not go on", False
            )
    raise AssertionError(state)
