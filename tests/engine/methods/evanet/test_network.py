"""Built EvaNet networks: counts, gradients, and what they can and cannot see."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from searchengine.core.setting import Setting
from searchengine.methods.evanet.describe import describe
from searchengine.methods.evanet.genome import Bounds, parse, to_json
from searchengine.methods.evanet.operators import mutate, random_genome
from searchengine.nets.build import build, build_on_meta
from tests.engine.methods.evanet.formula import parameters
from tests.engine.methods.evanet.published import (
    FULL3D,
    MIXED,
    R1,
    R2,
    SMALL_CLIPS,
    conv,
    conv2,
    genome,
    large_clips,
    point,
    pool,
)

DEMO = Bounds("resnet", 3, 4, 1, (1, 3, 5, 7), 4, 2)


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("value", "expected"), [(R1, 32_804_188), (R2, 40_296_514)], ids=["R1", "R2"])
def test_published_networks_are_built_with_their_parameters(value, expected):
    assert count(build_on_meta(describe(parse(value), large_clips(400)))) == expected


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), mutations=st.integers(0, 4), meta=st.sampled_from(["resnet", "inception"]))
def test_any_network_learns_a_step_with_finite_loss(seed, mutations, meta):
    bounds = DEMO._replace(meta=meta, max_repeats=3 if meta == "resnet" else 1)
    rng = np.random.default_rng(seed)
    drawn = random_genome(bounds, rng)
    for _ in range(mutations):
        drawn, _ = mutate(drawn, bounds, rng)
    architecture = describe(drawn, SMALL_CLIPS)
    network = build(architecture)
    assert count(network) == architecture.parameters
    clips = torch.from_numpy(rng.normal(size=(2, 1, 8, 16, 16))).float()
    loss = functional.cross_entropy(network(clips), torch.tensor([0, 7]))
    loss.backward()
    assert torch.isfinite(loss)
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_built_parameters_follow_the_formula(seed):
    drawn = random_genome(DEMO._replace(max_repeats=6), np.random.default_rng(seed))
    assert count(build_on_meta(describe(drawn, SMALL_CLIPS))) == parameters(to_json(drawn), 8)


def test_a_network_of_single_frames_cannot_tell_their_order():
    blocks = [
        (2, [conv(FULL3D, 1), pool(1), point()]),
        (1, [conv2(MIXED, 1, FULL3D, 1)]),
        (1, [conv(MIXED, 1)]),
    ]
    value = genome((FULL3D, 1), {"p1": 1, "p3": 1}, *blocks, width=4, in_channels=1)
    network = build(describe(parse(value), SMALL_CLIPS)).eval()
    rng = np.random.default_rng(0)
    clips = torch.from_numpy(rng.normal(size=(2, 1, 8, 16, 16))).float()
    order = torch.from_numpy(rng.permutation(8))
    with torch.no_grad():
        features, shuffled = (
            network.features(clips)[0].mean(2),
            network.features(clips[:, :, order])[0].mean(2),
        )
    assert (features - shuffled).abs().max() < 1e-5
    # Features, not logits: the head averages frames in pairs, so its first and last frame weigh less.
    timed = genome((FULL3D, 3), {"p1": 1, "p3": 1}, *blocks, width=4, in_channels=1)
    network = build(describe(parse(timed), SMALL_CLIPS)).eval()
    with torch.no_grad():
        features, shuffled = (
            network.features(clips)[0].mean(2),
            network.features(clips[:, :, order])[0].mean(2),
        )
    assert (features - shuffled).abs().max() > 1e-3


def test_the_full_inception_frame_runs():
    modules = [(1, [point(), conv("itgm", 3), pool(3)])] * 9
    value = genome((FULL3D, 3), {}, *modules, width=16, in_channels=3, meta="inception")
    network = build(describe(parse(value), Setting({"clip": (3, 8, 32, 32)}, 5)))
    assert network(torch.zeros(2, 3, 8, 32, 32)).shape == (2, 5)
