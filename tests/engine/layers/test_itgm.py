"""The iTGM layer against numbers worked out from its definition (Piergiovanni et al. 2019)."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from searchengine.layers.conv import Conv
from searchengine.layers.itgm import ITGM

PROFILES = ("release", "cauchy", "gaussian")


def make(
    in_channels: int = 3,
    out_channels: int = 5,
    t: int = 3,
    profiles: int = 4,
    profile: str = "release",
    k: int = 3,
) -> ITGM:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ITGM(
            in_channels, out_channels, (t, k, k), (1, 1, 1), (t // 2, k // 2, k // 2), profiles, profile
        ).double()


def profile_of(profile: str, t: int, center: float, width: float) -> torch.Tensor:
    layer = make(t=t, profiles=1, profile=profile)
    with torch.no_grad():
        layer.center.fill_(center)
        layer.width.fill_(width)
        return layer.temporal_profiles()[0]


@pytest.mark.parametrize(
    ("profile", "t", "center", "expected"),
    [
        ("release", 3, 0.0, [0.270198, 0.459603, 0.270198]),
        ("release", 5, 0.0, [0.097309, 0.217613, 0.370156, 0.217613, 0.097309]),
        ("release", 11, 0.0, [0.016626, 0.025212, 0.042139, 0.080965, 0.181064, 0.307987]),
        ("gaussian", 3, 0.0, [0.274068, 0.451863, 0.274068]),
        ("gaussian", 5, 0.0, [0.054489, 0.244201, 0.402620, 0.244201, 0.054489]),
        ("release", 5, math.atanh(0.5), [0.053124, 0.102072, 0.228265, 0.388275, 0.228265]),
    ],
)
def test_profiles_have_the_worked_out_values(
    profile: str, t: int, center: float, expected: list[float]
) -> None:
    values = profile_of(profile, t, center, 0.0).tolist()
    assert values[: len(expected)] == pytest.approx(expected, abs=1e-6)
    if center == 0:
        assert values == pytest.approx(values[::-1], abs=1e-12)


def test_the_cauchy_profile_is_a_cauchy_density_of_half_width_g() -> None:
    g = math.exp(1.5)
    density = [1 / (math.pi * g * ((position - 1) ** 2 / g**2 + 1)) for position in range(3)]
    expected = [value / (sum(density) + 1e-6) for value in density]
    assert profile_of("cauchy", 3, 0.0, 0.0).tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("width", "g"),
    [(0.0, 4.481689), (0.5, 1.778492), (1.0, 0.977078), (3.0, 0.612559), (-3.0, 0.612559), (30.0, 0.606531)],
)
def test_the_width_of_a_profile_follows_its_raw_parameter(width: float, g: float) -> None:
    f = torch.tensor([1 / (math.pi * g * ((position - 1) / g) ** 2 + 1) for position in range(3)])
    expected = f / (f.sum() + 1e-6)
    assert profile_of("release", 3, 0.0, width).tolist() == pytest.approx(expected.tolist(), abs=1e-6)


def test_a_mixture_of_two_profiles_attends_to_both_ends() -> None:
    layer = make(t=5, profiles=2)
    with torch.no_grad():
        layer.center.copy_(torch.tensor([-5.0, 5.0]))
        layer.width.zero_()
        layer.mixing.zero_()
    expected = [0.261370, 0.175110, 0.127039, 0.175110, 0.261370]
    assert layer.mixture()[2, 1].tolist() == pytest.approx(expected, abs=1e-6)


@given(
    st.sampled_from([3, 5, 7, 11]),
    st.integers(1, 6),
    st.sampled_from(PROFILES),
    st.integers(0, 2**31),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_mixtures_are_not_negative_sum_to_one_and_mirror_with_their_centers(
    t: int, profiles: int, profile: str, seed: int, extreme: bool
) -> None:
    layer = make(t=t, profiles=profiles, profile=profile)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        layer.center.normal_(0, 5 if extreme else 0.5, generator=random)
        if profile != "gaussian":  # a Gaussian as narrow as you like may miss every frame
            layer.width.normal_(0, 5 if extreme else 0.1, generator=random)
        tau = layer.mixture()
        layer.center.neg_()
        mirrored = layer.mixture()
    tolerance = {"release": 1.2e-6, "cauchy": 6e-6, "gaussian": 1.2e-6}[profile]
    assert (tau >= 0).all()
    assert (tau.sum(-1) - 1).abs().max() <= tolerance
    assert torch.allclose(mirrored, tau.flip(-1), atol=1e-14)


def test_each_kernel_slice_is_of_rank_one_in_time_and_space() -> None:
    kernel = make(t=7).build_kernel().detach()
    singular = torch.linalg.svdvals(kernel.flatten(0, 1).flatten(2))
    assert kernel.shape == (5, 3, 7, 3, 3)
    assert (singular[:, 1] < 1e-12).all()


def test_pairs_of_channels_have_profiles_of_their_own() -> None:
    tau = make(t=7).mixture().detach().flatten(0, 1)
    assert len(torch.unique(tau, dim=0)) == len(tau)


def test_a_still_clip_sees_the_spatial_convolution_away_from_its_ends() -> None:
    layer = make(3, 5, t=7)
    image = torch.randn(2, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    clip = image[:, :, None].repeat(1, 1, 15, 1, 1)
    with torch.no_grad():
        seen = layer(clip)
        flat = functional.conv2d(image, layer.spatial, padding=1)[:, :, None]
    assert (seen[:, :, 3:12] - flat).abs().max() < 1e-5
    assert (seen[:, :, :1] - flat).abs().max() > 0.1

    conv = Conv(3, 5, (7, 3, 3), (1, 1, 1), (3, 1, 1)).double()
    with torch.no_grad():
        conv.weight.copy_(layer.build_kernel())
        assert torch.allclose(conv(clip), seen)


@pytest.mark.parametrize(
    ("t", "count"), [(1, 36_864), (3, 53_256), (5, 53_256), (7, 53_256), (9, 53_256), (11, 53_256)]
)
def test_parameters_do_not_grow_with_time(t: int, count: int) -> None:
    assert sum(parameter.numel() for parameter in make(64, 64, t).parameters()) == count


def test_state_dict_shapes_are_equal_for_every_temporal_size() -> None:
    def shapes(t: int) -> dict[str, torch.Size]:
        return {name: value.shape for name, value in make(t=t).state_dict().items()}

    assert shapes(3) == shapes(11)
    assert list(shapes(3)) == ["spatial", "center", "width", "mixing"]
    assert list(shapes(1)) == ["spatial"]
    longer = make(t=11)
    longer.load_state_dict(make(t=3).state_dict())


def test_one_frame_is_a_plain_convolution() -> None:
    layer = make(t=1)
    clip = torch.randn(2, 3, 4, 6, 6, dtype=torch.float64)
    assert torch.equal(layer(clip), functional.conv3d(clip, layer.spatial[:, :, None], padding=(0, 1, 1)))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_single_profile_works_and_all_parameters_learn(profile: str) -> None:
    layer = make(t=5, profiles=1, profile=profile)
    layer(torch.randn(2, 3, 6, 6, 6, dtype=torch.float64)).square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None
        # One profile alone has an attention of 1, whatever its mixing weight.
        assert (parameter.grad.abs().max() > 0) == (name != "mixing")


@pytest.mark.parametrize("profile", PROFILES)
def test_gradients_are_those_of_the_definition(profile: str) -> None:
    layer = make(2, 2, t=3, profiles=2, profile=profile, k=1)
    clip = torch.randn(1, 2, 4, 2, 2, dtype=torch.float64)
    parameters = dict(layer.named_parameters())

    def output(*values: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(layer, dict(zip(parameters, values, strict=True)), (clip,))

    assert torch.autograd.gradcheck(output, tuple(parameters.values()))


@pytest.mark.parametrize(("t", "variance"), [(3, 0.71), (7, 0.39), (11, 0.30)])
def test_first_outputs_vary_less_than_those_of_a_3d_convolution(t: int, variance: float) -> None:
    """Variance times fan-in, 2.0 for a convolution: the sum over each output's weights, squared."""
    torch.manual_seed(0)
    sums = []
    for _ in range(300):
        layer = ITGM(8, 8, (t, 3, 3), (1, 1, 1), (t // 2, 1, 1))
        sums.append(layer.build_kernel().square().sum().item() / 8)
    assert sum(sums) / len(sums) == pytest.approx(variance, abs=0.02)


def test_spatial_weights_start_with_the_variance_of_he() -> None:
    torch.manual_seed(0)
    layer = ITGM(256, 256, (3, 3, 3), (1, 1, 1), (1, 1, 1))
    assert layer.spatial.var().item() * 256 * 9 == pytest.approx(2.0, rel=0.02)
    assert layer.mixing.std().item() == pytest.approx(0.88, abs=0.02)  # a normal cut at two deviations


def test_first_centers_and_widths_are_drawn_as_defined() -> None:
    torch.manual_seed(0)
    layer = ITGM(1, 1, (3, 1, 1), (1, 1, 1), (1, 0, 0), profiles=20_000)
    assert layer.center.std().item() == pytest.approx(0.5, rel=0.03)
    assert layer.width.std().item() == pytest.approx(0.1, rel=0.03)
    assert layer.mixing.abs().max() <= 2
    assert (layer.width != 0).all()


def test_the_profile_stays_in_float32_under_autocast() -> None:
    layer = make(t=7).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        tau = layer.mixture()
        output = layer(torch.randn(1, 3, 8, 6, 6))
    assert tau.dtype == torch.float32
    assert torch.equal(tau, layer.mixture())
    assert output.dtype == torch.bfloat16


def test_half_precision_parameters_are_mixed_in_float32() -> None:
    layer = make(t=7).bfloat16()
    assert layer.mixture().dtype == torch.float32
    assert layer.build_kernel().dtype == torch.bfloat16


def outputs(layer: ITGM, clip: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return layer(clip)


def test_the_kernel_is_kept_in_evaluation_and_dropped_when_parameters_change() -> None:
    layer = make(t=5).eval()
    clip = torch.randn(1, 3, 6, 6, 6, dtype=torch.float64)
    first = outputs(layer, clip)
    kept = layer._built
    assert torch.equal(outputs(layer, clip), first)
    assert kept is not None
    assert layer._built is kept

    other = make(t=5)
    with torch.no_grad():
        other.center.add_(1.0)
    layer.load_state_dict(other.state_dict())
    after_load = outputs(layer, clip)
    assert not torch.allclose(after_load, first)

    with torch.no_grad():
        layer.center.sub_(1.0)  # in place, in evaluation mode
    assert torch.allclose(outputs(layer, clip), first)

    layer.train()
    layer.spatial.data.mul_(2)
    layer.eval()
    assert torch.allclose(outputs(layer, clip), 2 * first)
    assert outputs(layer.float(), clip.float()).dtype == torch.float32


def test_the_kernel_is_built_anew_in_every_training_pass() -> None:
    layer = make(t=5).train()
    clip = torch.randn(1, 3, 6, 6, 6, dtype=torch.float64)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    before = layer(clip)
    before.square().mean().backward()
    optimizer.step()
    assert not torch.allclose(layer(clip), before)
    assert layer._built is None
