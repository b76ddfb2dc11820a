"""States, times and numbers as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.plots.scale import change, count, duration, fitness, percent, size, span_of
from webapp.searches.models import SearchRun
from webapp.searches.pages.state_words import state_words, time_left
from webapp.searches.pages.verbs import verbs
from webapp.searches.states import ENDED, MOVES, State

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def run(**fields: object) -> SearchRun:
    started = NOW - timedelta(seconds=100)
    return SearchRun(**{"state": "running", "started": started, "active_since": started, **fields})


def test_time_left_follows_the_pace_so_far() -> None:
    left = time_left(run(evaluations_done=25, evaluations_planned=50), NOW)
    assert left is not None
    assert left.seconds == pytest.approx(100)
    assert left.spread == pytest.approx(40)


def test_pauses_do_not_slow_the_pace() -> None:
    paused = run(evaluations_done=25, evaluations_planned=50, active_since=None, active_seconds=50.0)
    left = time_left(paused, NOW)
    assert left is not None
    assert left.seconds == pytest.approx(50)


def test_a_budget_in_seconds_ends_sooner() -> None:
    left = time_left(run(evaluations_done=5, evaluations_planned=500, budget_seconds=130.0), NOW)
    assert left is not None
    assert left.seconds == pytest.approx(30)


@pytest.mark.parametrize("done", [0, 2, 50, 51])
def test_nothing_is_promised_before_three_results_or_at_the_end(done: int) -> None:
    assert time_left(run(evaluations_done=done, evaluations_planned=50), NOW) is None


def test_what_history_answered_stands_beside_the_evaluations() -> None:
    one = run(evaluations_done=50, evaluations_planned=50, progress='{"reused": 1}')
    assert one.evaluations_said == "50 of 50 evaluations and 1 answered from history"
    assert one.evaluations_said in state_words(one, NOW).sentence
    assert run(evaluations_done=7).evaluations_said == "7 evaluations"


def test_a_running_search_says_what_it_does_now() -> None:
    progress = '{"phase": "training the supernet"}'
    now = state_words(run(evaluations_done=7, progress=progress), NOW, working=1).sentence
    assert now.startswith("training the supernet, 7 evaluations")
    last = state_words(run(evaluations_done=7, progress='{"phase": "final training"}', closing=True), NOW)
    assert last.sentence.startswith("last phase, final training, 7 evaluations")
    ended = state_words(run(state="finished", evaluations_done=7, progress=progress), NOW).sentence
    assert "supernet" not in ended
    for said in ("{}", '{"phase": ""}', '{"phase": "finished"}', '{"phase": 3}'):
        assert state_words(run(evaluations_done=7, progress=said), NOW).sentence.startswith("7 evaluations")


@pytest.mark.parametrize("state", State)
def test_every_state_has_words_and_only_verbs_it_understands(state: State) -> None:
    words = state_words(run(state=state, error="Why.\ntrace"), NOW, working=2)
    assert words.label
    assert words.sentence
    targets = {
        "pause": State.PAUSED,
        "resume": State.RUNNING,
        "stop": State.STOPPING,
        "kill": State.CANCELLED,
    }
    for verb in verbs(state):
        assert targets[verb.name] in MOVES[state]
    assert bool(verbs(state)) == (state not in ENDED)


def test_a_control_says_what_it_waits_for() -> None:
    assert "when the search beside it ends" in state_words(run(state="draft", held="control"), NOW).sentence


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (fitness(None), "–"),
        (fitness(1.6266), "1.627"),
        (change(-0.01), "-0.010"),
        (change(0.5), "+0.500"),
        (percent(0.98339), "98.3 %"),
        (count(1_234_567), "1.23 M"),
        (count(12), "12"),
        (duration(4.2), "4.2 s"),
        (duration(125), "2 min 05 s"),
        (duration(3_900), "1 h 05 min"),
        (duration(200_000), "2 d 7 h"),
        (size(1_100_000), "1.1 MB"),
    ],
)
def test_numbers_are_written_short(said: str, words: str) -> None:
    assert said == words


def test_a_span_of_equal_values_has_room() -> None:
    span = span_of([0.5, 0.5], margin=0.0)
    assert span.low < 0.5 < span.high
    assert 0 < span.share(0.5) < 1
