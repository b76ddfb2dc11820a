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
from searchengine.layers.linear import Linear
from searchengine.layers.mean import Mean
from searchengine.layers.norm import Norm

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
