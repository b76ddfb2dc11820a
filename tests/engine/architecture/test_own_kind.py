"""A method may bring a kind of its own, with its layer in its own module."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from searchengine.architecture import kinds
from searchengine.architecture.builder import Builder
from searchengine.architecture.costs import LayerCost
from searchengine.architecture.graph import Architecture
from searchengine.architecture.kinds import Arguments, Kind
from searchengine.architecture.shapes import Shape
from searchengine.core.setting import Setting
from searchengine.nets.build import build

LAYER = """
import torch
from torch import Tensor, nn

class Scale(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), 2.0))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight
"""


class Scale(Kind):
    """One learned factor a channel."""

    name = "scale_for_test"
    layer_module = "own_scale_layer"
    layer_class = "Scale"
    parameter_group = "scales"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {}

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        return shapes[0]

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        return LayerCost(parameters=shapes[0][0], keeps_inputs=True)

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {"channels": shapes[0][0]}


@pytest.fixture
def own_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "own_scale_layer.py").write_text(LAYER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(kinds, "_KINDS", dict(kinds._KINDS))
    kinds.register(Scale())
    yield
    sys.modules.pop("own_scale_layer", None)


@pytest.mark.usefixtures("own_kind")
def test_it_is_described_counted_stored_and_built_as_any_other() -> None:
    b = Builder(Setting({"image": (3, 4, 4)}, classes=2))
    x = b.node("scale_for_test", b.input("image"), name="scale")
    architecture = b.finish(features=(x,), output=b.linear(b.mean(x, axes=("H", "W")), 2))
    assert architecture.parameters == 3 + 8
    assert Architecture.from_json(architecture.to_json()) == architecture
    network = build(architecture)
    image = torch.randn(2, 3, 4, 4)
    assert torch.equal(network.features(image)[0], image * 2)
    assert [parameter.numel() for parameter in network.parameters_by_group()["scales"]] == [3]
