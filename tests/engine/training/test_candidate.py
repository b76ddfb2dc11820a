"""A candidate is trained and scored; stopped and resumed it ends with the same bits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from searchengine.core.errors import BadGenome, InvalidParams, Stopped
from searchengine.core.setting import Fidelity
from searchengine.data.augmentation import Augmentation
from searchengine.data.prepared import PreparedData
from searchengine.nets.build import build
from searchengine.nets.network import Network
from searchengine.training.candidate import Trained, train_candidate
from searchengine.training.context import Context
from searchengine.training.metrics import unpack_bits
from searchengine.training.schedules import GroupRate, Schedule
from tests.engine.training.kit import Listener, make_context, tiny_network

SCHEDULE = Schedule(
    steps=60, batch=32, learning_rate=0.1, augmentation=Augmentation(shift=1, noise=0.05), label_smoothing=0.1
)


def _train(context: Context, schedule: Schedule = SCHEDULE, width: int = 8) -> Trained:
    return train_candidate(context, tiny_network(context.setting, width), schedule)


def test_real_digits_are_learned(digits: PreparedData, tmp_path: Path) -> None:
    listener = Listener()
    context = make_context(digits, tmp_path, listener=listener)
    trained = _train(context, Schedule(steps=300, batch=64, learning_rate=0.2, validate_every=100), width=16)
    metrics = trained.metrics
    assert metrics["accuracy"] > 0.5
    assert metrics["fitness"] == metrics["accuracy"] <= metrics["top_k"]
    architecture = tiny_network(context.setting, 16)
    assert (metrics["parameters"], metrics["flops"]) == (architecture.parameters, architecture.macs)
    correct = unpack_bits(trained.correct, len(digits.validation.y))
    assert correct.mean() == pytest.approx(metrics["accuracy"])
    validations = [step for step, of, values in listener.progress_told if "accuracy" in values]
    assert validations == [100, 200, 300]
    assert all(
        {"train_loss", "lr"} <= set(values)
        for _, _, values in listener.progress_told
        if values and "accuracy" not in values  # without values: a scoring that gives a sign of life
    )


def test_weights_are_an_artifact_that_fits_strictly(digits: PreparedData, tmp_path: Path) -> None:
    context = make_context(digits, tmp_path)
    trained = _train(context)
    assert trained.weights is not None
    weights = load_file(context.path(trained.weights))
    assert weights.keys() == trained.network.state_dict().keys()
    for name, value in trained.network.state_dict().items():
        assert torch.equal(value, weights[name])


def test_no_weights_are_kept_when_not_wanted(digits: PreparedData, tmp_path: Path) -> None:
    assert _train(make_context(digits, tmp_path), Schedule(steps=2, keep_weights=False)).weights is None
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("recipe", [{}, {"memory_format": "channels_last"}, {"precision": "bf16"}])
@pytest.mark.parametrize("stops", [(17, 17), (1, 34), (60, 0)])
def test_three_stages_resumed_equal_one_run(
    digits: PreparedData, tmp_path: Path, recipe: dict[str, str], stops: tuple[int, int]
) -> None:
    whole = _train(make_context(digits, tmp_path / "whole", recipe=recipe))
    for stop in stops:
        with pytest.raises(Stopped):
            _train(
                make_context(
                    digits,
                    tmp_path / "staged",
                    recipe=recipe,
                    listener=Listener(lambda told, stop=stop: told.asked > stop),
                )
            )
        torch.rand(3)  # another job's draws in between
    staged = _train(make_context(digits, tmp_path / "staged", recipe=recipe))
    assert staged.metrics == whole.metrics
    assert staged.correct == whole.correct
    assert staged.weights == whole.weights


def test_three_stages_of_clips_resumed_equal_one_run(motion: PreparedData, tmp_path: Path) -> None:
    schedule = Schedule(steps=9, batch=8)
    whole = _train(make_context(motion, tmp_path / "whole"), schedule, width=4)
    for _ in range(2):
        with pytest.raises(Stopped):
            _train(
                make_context(motion, tmp_path / "staged", listener=Listener(lambda told: told.asked > 3)),
                schedule,
                width=4,
            )
    staged = _train(make_context(motion, tmp_path / "staged"), schedule, width=4)
    assert (staged.metrics, staged.weights) == (whole.metrics, whole.weights)


def test_checkpoints_by_the_clock_change_nothing(digits: PreparedData, tmp_path: Path) -> None:
    listener = Listener()
    often = _train(make_context(digits, tmp_path / "often", listener=listener, checkpoint_seconds=0.0))
    assert len(listener.checkpoints) >= 1
    assert often.metrics == _train(make_context(digits, tmp_path / "never")).metrics


def test_equal_seeds_give_equal_bits_and_others_do_not(digits: PreparedData, tmp_path: Path) -> None:
    first, again, other = (
        _train(make_context(digits, tmp_path / str(n), seed=seed)) for n, seed in enumerate((1, 1, 2))
    )
    assert first.weights == again.weights != other.weights


def test_what_another_job_left_in_the_folder_is_not_taken_up(digits: PreparedData, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        _train(make_context(digits, tmp_path, seed=1, listener=Listener(lambda told: told.asked > 5)))
    fresh = _train(make_context(digits, tmp_path, seed=2))
    assert fresh.metrics == _train(make_context(digits, tmp_path / "fresh", seed=2)).metrics


def test_training_begins_from_given_weights(digits: PreparedData, tmp_path: Path) -> None:
    context = make_context(digits, tmp_path)
    first = _train(context, Schedule(steps=150, learning_rate=0.2), width=16)
    second_context = make_context(digits, tmp_path, seed=9)
    second_context._attempt_dir = tmp_path / "second"
    second = train_candidate(
        second_context,
        tiny_network(context.setting, 16),
        Schedule(steps=1, learning_rate=1e-6),
        start=first.weights,
    )
    assert second.metrics["accuracy"] > 0.8 * first.metrics["accuracy"]


def test_half_the_micro_batch_accumulates_the_same_gradient(digits: PreparedData, tmp_path: Path) -> None:
    """Without norm layers accumulated halves are the whole; with them training still works."""
    schedule = Schedule(steps=40, batch=32, learning_rate=0.1)
    whole = _train(make_context(digits, tmp_path / "whole"), schedule)
    halved = _train(make_context(digits, tmp_path / "halved", micro_batch_divisor=2), schedule)
    assert halved.metrics["train_loss"] == pytest.approx(whole.metrics["train_loss"], rel=0.2)
    assert halved.metrics != whole.metrics
    small = _train(make_context(digits, tmp_path / "small", recipe={"micro_batch": 16}), schedule)
    assert small.metrics == halved.metrics


def test_lower_fidelity_uses_fewer_samples_and_pixels(digits: PreparedData, tmp_path: Path) -> None:
    context = make_context(digits, tmp_path, fidelity=Fidelity(resolution=2, samples=0.1))
    assert context.setting.inputs["image"] == (1, 4, 4)
    assert _train(context, Schedule(steps=5, batch=1000)).metrics["loss"] > 0


@pytest.mark.parametrize("rate", [1e6, 1e20])
def test_divergence_is_found_within_50_steps(digits: PreparedData, tmp_path: Path, rate: float) -> None:
    listener = Listener()
    context = make_context(digits, tmp_path, listener=listener)
    with pytest.raises(BadGenome) as failed:
        _train(context, Schedule(steps=100_000, learning_rate=rate, gradient_norm=0.0))
    assert failed.value.code in ("nan", "diverged")
    assert listener.asked <= 50


def test_weights_that_are_not_finite_are_found_at_once(digits: PreparedData, tmp_path: Path) -> None:
    context = make_context(digits, tmp_path)
    first = _train(context)
    assert first.weights is not None
    from safetensors.torch import save

    broken = {
        name: value * float("nan") if value.is_floating_point() else value
        for name, value in load_file(context.path(first.weights)).items()
    }
    listener = Listener()
    other = make_context(digits, tmp_path, seed=3, listener=listener)
    with pytest.raises(BadGenome) as failed:
        train_candidate(other, tiny_network(other.setting, 8), SCHEDULE, start=other.put(save(broken)))
    assert failed.value.code == "nan"
    assert listener.asked == 1


@pytest.mark.parametrize("steps", [20, 100_000])
def test_constant_output_is_found_within_50_steps(digits: PreparedData, tmp_path: Path, steps: int) -> None:
    """All units dead: a norm layer whose gain is 0 and whose bias is far below 0 feeds a ReLU."""
    context = make_context(digits, tmp_path)
    from safetensors.torch import save

    from searchengine.nets.build import build

    state = build(tiny_network(context.setting, 8)).state_dict()
    state["block.norm.weight"] *= 0
    state["block.norm.bias"] -= 100
    listener = Listener()
    context = make_context(digits, tmp_path, listener=listener)
    with pytest.raises(BadGenome) as failed:
        train_candidate(
            context, tiny_network(context.setting, 8), Schedule(steps=steps), start=context.put(save(state))
        )
    assert failed.value.code == "constant_output"
    assert listener.asked <= 50


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": 1, "batch": 1}, "batch"),
        ({"steps": 1, "learning_rate": 0.0}, "learning_rate"),
        ({"steps": 1, "optimiser": "adam"}, "optimiser"),
    ],
)
def test_schedules_out_of_range_are_refused(values: dict[str, float], name: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        Schedule(**values)  # type: ignore[arg-type]
    assert name in refused.value.fields


def test_the_rate_warms_up_and_falls_along_a_cosine() -> None:
    schedule = Schedule(steps=110, learning_rate=0.4, warmup=10)
    assert schedule.rate(0) == pytest.approx(0.04)
    assert schedule.rate(10) == pytest.approx(0.4)
    assert schedule.rate(60) == pytest.approx(0.2)
    assert schedule.rate(110) == pytest.approx(0.0)


def test_a_group_has_its_own_rate_and_decay_on_the_same_curve(digits: PreparedData, tmp_path: Path) -> None:
    context = make_context(digits, tmp_path)
    network = build(tiny_network(context.setting, 8))
    rates = {"norm": GroupRate(0.04, 0.0), "none": GroupRate(1.0, 1.0)}
    schedule = Schedule(steps=100, learning_rate=0.4, weight_decay=0.1, groups=rates)
    groups = network.parameters_by_group()
    optimiser = schedule.make_optimiser([*network.parameters()], groups)
    common, norm = optimiser.param_groups
    assert {id(one) for one in norm["params"]} == {id(one) for one in groups["norm"]}
    assert (common["weight_decay"], norm["weight_decay"]) == (0.1, 0.0)
    assert schedule.set_rates(optimiser, 50) == pytest.approx(0.2)
    assert (common["lr"], norm["lr"]) == (pytest.approx(0.2), pytest.approx(0.02))
    schedule.set_rates(optimiser, 0)
    assert (common["lr"], norm["lr"]) == (0.4, pytest.approx(0.04))


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_stopped_anywhere_it_ends_with_the_same_bits_whatever_the_optimiser(
    digits: PreparedData, tmp_path: Path, optimiser: str
) -> None:
    schedule = Schedule(
        steps=12, batch=16, learning_rate=0.01, optimiser=optimiser, groups={"norm": GroupRate(0.1, 0.0)},  # type: ignore[arg-type]
        watch_every=4,
    )  # fmt: skip

    def watch(network: Network) -> dict[str, float]:
        return {"first": float(next(network.parameters()).detach().abs().mean())}

    def run(context: Context) -> Trained:
        return train_candidate(context, tiny_network(context.setting, 8), schedule, watch=watch)

    whole = run(make_context(digits, tmp_path / "whole"))
    assert [row["step"] for row in whole.watched] == [4, 8, 12]
    for at in (1, 5, 9):
        folder = tmp_path / f"stopped{at}"
        with pytest.raises(Stopped):
            run(make_context(digits, folder, listener=Listener(lambda one, at=at: one.asked > at)))
        resumed = run(make_context(digits, folder))
        assert (resumed.weights, resumed.watched) == (whole.weights, whole.watched)


def test_what_is_amended_stays_so_after_a_resume(digits: PreparedData, tmp_path: Path) -> None:
    def amend(network: Network) -> None:
        next(network.parameters()).requires_grad_(False)

    def run(context: Context) -> Trained:
        return train_candidate(context, tiny_network(context.setting, 8), Schedule(steps=8), amend=amend)

    with pytest.raises(Stopped):
        run(make_context(digits, tmp_path / "stopped", listener=Listener(lambda one: one.asked > 3)))
    resumed = run(make_context(digits, tmp_path / "stopped"))
    assert not next(resumed.network.parameters()).requires_grad
    assert resumed.weights == run(make_context(digits, tmp_path / "whole")).weights
