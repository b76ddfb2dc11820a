"""The plain layers against torch's own, and their files standing alone."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

import searchengine.layers
from searchengine.layers.activation import Activation
from searchengine.layers.add import Add
from searchengine.layers.concat import Concat
from searchengine.layers.conv import Conv
from searchengine.layers.dropout import Dropout
from searchengine.layers.frame_softmax import FrameSoftmax
from searchengine.layers.linear import Linear
from searchengine.layers.mean import Mean
from searchengine.layers.multiply import Multiply
from searchengine.layers.norm import Norm
from searchengine.layers.pool import Pool
from searchengine.layers.weighted_sum import WeightedSum

FILES = sorted(Path(searchengine.layers.__path__[0]).glob("[!_]*.py"))
STANDARD = {"__future__", "math", "typing", "collections"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_layer_file_imports_torch_alone_and_can_be_run_by_itself(path: Path) -> None:
    text = path.read_text()
    for statement in ast.walk(ast.parse(text)):
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            names = [statement.module or ""]
        else:
            continue
        assert {name.split(".")[0] for name in names} <= STANDARD | {"torch"}
    space: dict[str, object] = {"__name__": "copied"}
    exec(compile(text, str(path), "exec"), space)
    layers = [item for item in space.values() if isinstance(item, type) and item.__module__ == "copied"]
    assert len(layers) == 1
    assert issubclass(layers[0], nn.Module)
    assert "Parameters:" in (layers[0].__doc__ or "") or "No parameters" in (layers[0].__doc__ or "")


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_convolution_is_torchs_own(rank: int) -> None:
    torch.manual_seed(0)
    layer = Conv(4, 6, (3,) * rank, (2,) * rank, (1,) * rank, groups=2, bias=True)
    own = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[rank](4, 6, 3, 2, 1, groups=2)
    own.load_state_dict(layer.state_dict())
    x = torch.randn(2, 4, *(5,) * rank)
    assert torch.equal(layer(x), own(x))
    assert torch.equal(layer.bias, torch.zeros(6))


def test_convolution_starts_with_the_variance_of_he() -> None:
    torch.manual_seed(0)
    weight = Conv(64, 128, (3, 3, 3), (1, 1, 1), (1, 1, 1)).weight
    fan_in = 64 * 27
    assert weight.var().item() * fan_in == pytest.approx(2.0, rel=0.02)
    assert weight.abs().max().item() <= 2 * math.sqrt(2 / fan_in) / 0.87962566
    assert abs(weight.mean().item()) < 1e-3


def test_linear_is_torchs_own_and_starts_with_variance_one_by_inputs() -> None:
    torch.manual_seed(0)
    layer = Linear(400, 300)
    assert layer.weight.var().item() * 400 == pytest.approx(1.0, rel=0.03)
    x = torch.randn(2, 400)
    assert torch.equal(layer(x), functional.linear(x, layer.weight, layer.bias))
    assert Linear(4, 3, bias=False).bias is None


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5), (4, 3, 5, 5), (4, 3, 2, 5, 5)])
def test_norm_takes_any_number_of_axes_and_is_batch_norm(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape) * 3 + 1
    layer, own = Norm(3), nn.BatchNorm1d(3)
    flat = x.movedim(1, -1).reshape(-1, 3)
    assert torch.allclose(layer(x), own(flat).view(*x.movedim(1, -1).shape).movedim(-1, 1), atol=1e-5)
    assert torch.allclose(layer.running_mean, own.running_mean, atol=1e-6)
    assert torch.allclose(layer.running_var, own.running_var, atol=1e-5)
    assert sum(parameter.numel() for parameter in layer.parameters()) == 6


def test_norm_of_init_zero_begins_as_nothing_and_one_axis_is_refused() -> None:
    assert torch.equal(Norm(3, init="zero")(torch.randn(4, 3, 2)), torch.zeros(4, 3, 2))
    with pytest.raises(ValueError, match="batch, channels"):
        Norm(3)(torch.randn(3))


def test_the_small_layers_compute_what_their_names_say() -> None:
    x, y = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    assert torch.equal(Add()(x, y, x), x + y + x)
    assert torch.equal(Concat()(x, y), torch.cat([x, y], 1))
    assert torch.equal(Mean((2, 3))(x), x.mean((2, 3)))
    assert Mean((2, 3), keepdim=True)(x).shape == (2, 3, 1, 1)
    assert torch.equal(Activation("relu")(x), x.clamp(min=0))
    assert torch.allclose(Activation("silu")(x), x * torch.sigmoid(x))
    assert torch.allclose(Activation("sigmoid")(x), 1 / (1 + torch.exp(-x)))
    assert torch.allclose(Activation("gelu")(x), x * 0.5 * (1 + torch.erf(x / math.sqrt(2))), atol=1e-6)


def test_dropout_drops_only_while_training() -> None:
    torch.manual_seed(0)
    layer, x = Dropout(0.25), torch.ones(100, 100)
    dropped = layer(x)
    assert dropped.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert (dropped == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(layer.eval()(x), x)


@pytest.mark.parametrize("kernel", [(3, 1, 1), (5, 1, 1), (3, 3, 3), (1, 3, 3)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last_3d])
def test_a_convolution_along_time_is_torchs_own(kernel: tuple[int, ...], layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    padding = tuple(2 * (k // 2) for k in kernel)
    layer = Conv(4, 6, kernel, (1, 1, 1), padding, groups=2, bias=True, dilation=(2, 2, 2))
    own = nn.Conv3d(4, 6, kernel, 1, padding, dilation=2, groups=2)
    own.load_state_dict(layer.state_dict())
    x = torch.randn(2, 4, 9, 6, 5).contiguous(memory_format=layout)
    assert torch.allclose(layer(x), own(x), atol=1e-5)
    strided = Conv(4, 6, (3, 1, 1), (2, 1, 1), (1, 0, 0))
    plain = functional.conv3d(x, strided.weight, None, (2, 1, 1), (1, 0, 0))
    assert torch.allclose(strided(x), plain, atol=1e-5)


def test_a_small_start() -> None:
    torch.manual_seed(0)
    for layer in (Conv(64, 64, (3,), (1,), (1,), init="small"), Linear(400, 300, init="small")):
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.03)


def test_an_average_is_the_sum_divided() -> None:
    xs = [torch.randn(2, 3) for _ in range(3)]
    assert torch.allclose(Add(average=True)(*xs), torch.stack(xs).mean(0))


def test_weights_of_a_sum_are_independent_sigmoids() -> None:
    torch.manual_seed(0)
    layer = WeightedSum(500)
    assert layer.logits.abs().max().item() <= 0.02
    assert layer.logits.std().item() == pytest.approx(0.01 * 0.87962566, rel=0.1)
    three = WeightedSum(3)
    with torch.no_grad():
        three.logits.copy_(torch.tensor([0.0, math.log(3), 20.0]))
    xs = [torch.randn(2, 4, 5, requires_grad=True) for _ in range(3)]
    found = three(*xs)
    assert torch.allclose(found, 0.5 * xs[0] + 0.75 * xs[1] + xs[2], atol=1e-6)
    found.sum().backward()
    assert torch.allclose(three.logits.grad[0], 0.25 * xs[0].sum(), atol=1e-5)


def test_a_fusion_by_hand() -> None:
    larger, smaller = torch.full((1, 1, 4, 4), 2.0), torch.full((1, 1, 2, 2), 3.0)
    fused = WeightedSum(2)
    with torch.no_grad():
        fused.logits.copy_(torch.tensor([0.0, math.log(3)]))
    found = fused(Pool("max", (2, 2), (2, 2), (0, 0), ceil=True)(larger), smaller)
    assert torch.allclose(found, torch.full((1, 1, 2, 2), 3.25))
    assert torch.allclose(fused.weights(), torch.tensor([0.5, 0.75]))


@pytest.mark.parametrize("axes", [1, 3])
def test_a_convolution_over_time_with_gaps_by_hand(axes: int) -> None:
    """y[t] = sum over j of w[j] · x[t + (j - 1) · 2], zeros outside the clip."""
    ones = (1,) * (axes - 1)
    layer = Conv(1, 1, (3, *ones), (1, *ones), (2, *(0 for _ in ones)), dilation=(2, *ones))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([1.0, 2.0, 3.0]).view_as(layer.weight))
    impulse = torch.zeros(1, 1, 9, *ones)
    impulse[0, 0, 4] = 1
    assert layer(impulse).flatten().tolist() == [0, 0, 3, 0, 2, 0, 1, 0, 0]


def test_a_softmax_over_frames_by_hand() -> None:
    z = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 8.0]]])
    found = FrameSoftmax()(z)
    assert found.shape == (1, 2)
    assert found[0, 0].item() == pytest.approx(3.084576, abs=1e-6)


def test_a_product_scales_channels() -> None:
    x, gate = torch.randn(2, 3, 4, 5), torch.tensor([0.0, 1.0, 2.0]).view(1, 3, 1, 1).expand(2, 3, 1, 1)
    found = Multiply()(x, gate)
    assert torch.equal(found, torch.stack([0 * x[:, 0], x[:, 1], 2 * x[:, 2]], 1))
