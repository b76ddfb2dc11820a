"""Batches hold the right samples, normalised, augmented within bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from searchengine.core.errors import DataRefused
from searchengine.core.setting import Fidelity
from searchengine.data.augmentation import Augmentation, augment
from searchengine.data.batches import Batches, Order, members
from searchengine.data.prepare import prepare
from searchengine.data.prepared import PreparedData, open_prepared

CPU = torch.device("cpu")


def test_a_batch_is_normalised_and_its_targets_are_soft(digits: PreparedData) -> None:
    batches = Batches(digits.train, digits.manifest, CPU, label_smoothing=0.1)
    whole = batches.take(slice(None))
    assert float(whole.x.mean()) == pytest.approx(0.0, abs=1e-4)
    assert float(whole.x.std()) == pytest.approx(1.0, abs=1e-3)
    assert torch.allclose(whole.y.sum(1), torch.ones(len(batches)))
    assert torch.equal(whole.y.argmax(1), torch.from_numpy(digits.train.y))
    assert float(whole.y.max()) == pytest.approx(0.91)
    assert whole.cells is None


def test_samples_are_picked_by_index(motion: PreparedData) -> None:
    batches = Batches(motion.validation, motion.manifest, CPU)
    index = torch.tensor([5, 3, 3])
    batch = batches.take(index)
    manifest = motion.manifest
    values = motion.validation.x[[5, 3, 3]] * manifest.scale + manifest.offset
    wanted = (values - manifest.mean[0]) / manifest.std[0]
    assert np.allclose(batch.x.numpy(), wanted, atol=1e-5)
    assert torch.equal(batches.labels(index), torch.from_numpy(motion.validation.y[[5, 3, 3]]))


@pytest.mark.parametrize("name", ["contiguous", "channels_last"])
def test_memory_layout_changes_no_value(motion: PreparedData, name: str) -> None:
    plain = Batches(motion.validation, motion.manifest, CPU).take(slice(0, 4)).x
    laid_out = Batches(motion.validation, motion.manifest, CPU, memory_format=name).take(slice(0, 4)).x
    assert torch.equal(plain, laid_out)
    assert laid_out.is_contiguous(
        memory_format=torch.channels_last_3d if name == "channels_last" else torch.contiguous_format
    )


def test_resolution_is_reduced_by_averaging(digits: PreparedData) -> None:
    full = Batches(digits.train, digits.manifest, CPU).take(slice(0, 5)).x
    half = Batches(digits.train, digits.manifest, CPU, fidelity=Fidelity(resolution=2)).take(slice(0, 5)).x
    assert half.shape == (5, 1, 4, 4)
    assert torch.allclose(half[:, :, 0, 0], full[:, :, :2, :2].mean((2, 3)))


def test_an_epoch_visits_every_sample_once_in_an_order_of_its_own(digits: PreparedData) -> None:
    everything = np.arange(100)
    order = Order(everything, 20, np.random.default_rng(0))
    epochs = [torch.cat([order.next() for _ in range(5)]).tolist() for _ in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == everything.tolist()
    assert epochs[0] != epochs[1]
    again = Order(everything, 20, np.random.default_rng(0))
    assert torch.cat([again.next() for _ in range(5)]).tolist() == epochs[0]


def test_a_part_smaller_than_a_batch_is_one_batch() -> None:
    order = Order(np.arange(7), 32, np.random.default_rng(0))
    assert sorted(order.next().tolist()) == list(range(7))
    assert len(order.next()) == 7


def test_a_share_is_stratified_nested_and_the_same_for_all(digits: PreparedData) -> None:
    tenth, half = (members(digits.train, digits.manifest, share) for share in (0.1, 0.5))
    assert (tenth == members(digits.train, digits.manifest, 0.1)).all()
    assert set(tenth) <= set(half)
    assert len(half) == round(len(digits.train.y) / 2)
    share = np.bincount(digits.train.y[half]) / np.bincount(digits.train.y)
    assert np.abs(share - 0.5).max() < 0.02
    assert len(members(digits.train, digits.manifest, 1.0)) == len(digits.train.y)


def _pictures(count: int, clips: bool) -> torch.Tensor:
    shape = (count, 2, 3, 6, 6) if clips else (count, 2, 6, 6)
    return torch.from_numpy(np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8))


@pytest.mark.parametrize("clips", [False, True])
def test_a_shift_is_a_crop_of_the_padded_picture(clips: bool) -> None:
    x = _pictures(40, clips)
    shifted = augment({"clip": x}, Augmentation(shift=2), np.random.default_rng(1))["clip"]
    padded = np.pad(x.numpy(), [(0, 0)] * (x.ndim - 2) + [(2, 2)] * 2, mode="edge")
    places = set()
    for before, after in zip(padded, shifted.numpy(), strict=True):
        fits = [
            (y, z) for y in range(5) for z in range(5) if (before[..., y : y + 6, z : z + 6] == after).all()
        ]
        assert len(fits) == 1
        places.add(fits[0])
    assert len(places) > 10


@pytest.mark.parametrize("clips", [False, True])
def test_a_flip_mirrors_about_half_and_leaves_the_source(clips: bool) -> None:
    x = _pictures(200, clips)
    source = x.clone()
    flipped = augment({"clip": x}, Augmentation(flip=True), np.random.default_rng(1))["clip"]
    assert torch.equal(x, source)
    mirrored = [torch.equal(after, before.flip(-1)) for before, after in zip(x, flipped, strict=True)]
    kept = [torch.equal(after, before) for before, after in zip(x, flipped, strict=True)]
    assert all(one != other for one, other in zip(mirrored, kept, strict=True))
    assert 60 < sum(mirrored) < 140


def test_data_that_is_not_mirror_safe_is_never_flipped(motion: PreparedData) -> None:
    batches = Batches(motion.train, motion.manifest, CPU)
    flip = Augmentation(flip=True)
    plain, augmented = batches.take(slice(0, 50)), batches.take(slice(0, 50), flip, np.random.default_rng(0))
    assert torch.equal(plain.x, augmented.x)


def test_noise_is_drawn_on_normalised_values(digits: PreparedData) -> None:
    batches = Batches(digits.train, digits.manifest, CPU)
    plain = batches.take(slice(0, 500)).x
    noisy = batches.take(slice(0, 500), Augmentation(noise=0.3), np.random.default_rng(0)).x
    assert float((noisy - plain).std()) == pytest.approx(0.3, rel=0.05)


def test_a_flip_negates_horizontal_flow_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    flow = torch.from_numpy(rng.integers(-127, 128, (200, 2, 3, 6, 6), dtype=np.int8))
    both = {"clip": _pictures(200, True), "flow": flow}
    found = augment(both, Augmentation(flip=True), np.random.default_rng(1))
    turned = [torch.equal(a, b.flip(-1)) for a, b in zip(found["clip"], both["clip"], strict=True)]
    assert 60 < sum(turned) < 140
    for number, is_turned in enumerate(turned):
        expected = flow[number].int()
        if is_turned:
            expected = expected.flip(-1) * torch.tensor([-1, 1]).reshape(2, 1, 1, 1)
        assert torch.equal(found["flow"][number].int(), expected)


def test_one_draw_shifts_a_clip_and_its_flow_alike() -> None:
    x = _pictures(50, True)
    both = {"clip": x, "flow": (x.int() - 127).to(torch.int8)}
    found = augment(both, Augmentation(shift=2), np.random.default_rng(1))
    assert torch.equal((found["clip"].int() - 127).to(torch.int8), found["flow"])
    assert not torch.equal(found["clip"], x)


@pytest.fixture(scope="module")
def streams(data_root: Path) -> PreparedData:
    return open_prepared(data_root, prepare("digits-motion16", data_root).summary.fingerprint)


def test_a_network_gets_the_inputs_it_names_in_its_order(streams: PreparedData) -> None:
    part = streams.validation
    assert part.flow is not None
    swapped = Batches(part, streams.manifest, CPU, inputs=("flow", "clip")).take(slice(0, 5))
    assert [x.shape for x in swapped.inputs] == [(5, 2, 8, 16, 16), (5, 1, 8, 16, 16)]
    assert np.allclose(swapped.inputs[0].numpy(), part.flow[:5] / 127, atol=1e-6)
    alone = Batches(part, streams.manifest, CPU).take(slice(0, 5))
    assert len(alone.inputs) == 1
    assert torch.equal(alone.x, swapped.inputs[1])


def test_flow_keeps_its_unit_at_half_resolution(streams: PreparedData) -> None:
    half = Batches(streams.train, streams.manifest, CPU, inputs=("flow",), fidelity=Fidelity(resolution=2))
    whole = Batches(streams.train, streams.manifest, CPU, inputs=("flow",)).take(slice(0, 3)).x
    assert torch.allclose(half.take(slice(0, 3)).x, torch.nn.functional.avg_pool3d(whole, (1, 2, 2)))


def test_a_network_that_reads_flow_is_refused_on_data_without(motion: PreparedData) -> None:
    with pytest.raises(DataRefused, match="prepare digits-motion with flow"):
        Batches(motion.train, motion.manifest, CPU, inputs=("clip", "flow"))


def test_several_labels_become_one_probability_a_class(digits: PreparedData) -> None:
    labels = np.zeros((len(digits.train.y), 10), dtype=np.uint8)
    labels[np.arange(len(labels)), digits.train.y] = 1
    labels[:, 3] = 1
    summary = replace(digits.summary, labels="multi")
    manifest = replace(digits.manifest, summary=summary)
    part = digits.train._replace(y=labels)
    plain = Batches(part, manifest, CPU).take(slice(0, 9))
    assert torch.equal(plain.y, torch.from_numpy(labels[:9]).float())
    smooth = Batches(part, manifest, CPU, label_smoothing=0.2).take(slice(0, 9))
    assert torch.allclose(smooth.y, plain.y * 0.8 + 0.1)
    tenth = members(part, manifest, 0.1)
    assert len(tenth) == round(len(labels) / 10)
    assert abs(labels[tenth, 0].mean() - labels[:, 0].mean()) < 0.03
