"""The written source is the engine's network, reads well, and no text of a user can act in it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Sequence
from math import prod
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.architecture import kinds as kinds_module
from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.costs import LayerCost
from searchengine.architecture.graph import Architecture
from searchengine.architecture.kinds import Kind, kinds
from searchengine.architecture.kinds.base import take
from searchengine.architecture.shapes import Shape
from searchengine.core.setting import Setting
from searchengine.export.layer_text import ClashingLayers, layer_text, together
from searchengine.export.source import source

from ..architecture.graphs import architectures
from ..report.nets import video_network
from .written import check_written, module_of


def clip_builder() -> tuple[Builder, Ref]:
    b = Builder(Setting(inputs={"clip": (2, 4, 6, 6)}, classes=3))
    return b, b.conv(b.input("clip"), 4, kernel=3, name="stem")


def ended(b: Builder, x: Ref) -> Architecture:
    return b.finish(features=(x,), output=b.linear(b.mean(x, axes=("T", "H", "W")), 3, name="head.linear"))


def with_kind(kind: str) -> Architecture:
    """A small network that holds a layer of ``kind``."""
    b, x = clip_builder()
    extra = {
        "input": lambda: x,
        "conv": lambda: b.conv(x, 8, kernel=(1, 3, 3), stride=(1, 2, 2), groups=2, bias=True),
        "itgm": lambda: b.itgm(x, 5, kernel=(3, 3, 3), profiles=3, profile="cauchy"),
        "linear": lambda: x,
        "norm": lambda: b.norm(x, eps=1e-3, init="zero"),
        "activation": lambda: b.activation(x, "gelu"),
        "pool": lambda: b.pool(x, "avg", kernel=3, stride=2, count_include_pad=True),
        "mean": lambda: x,
        "add": lambda: b.add(x, b.norm(x)),
        "multiply": lambda: b.multiply(x, b.mean(b.norm(x), axes=("T", "H", "W"), keepdim=True)),
        "concat": lambda: b.concat(x, b.norm(x), x),
        "dropout": lambda: b.dropout(x, 0.5),
        "weighted_sum": lambda: b.weighted_sum(x, b.norm(x), b.norm(x)),
        "frame_softmax": lambda: x,
        "tvl1_flow": lambda: b.conv(b.tvl1_flow(x, iterations=5, clip=2), 4, kernel=1),
    }
    if kind == "frame_softmax":
        frames = b.conv(b.mean(x, axes=("H", "W")), 3, kernel=1, bias=True, init="small", name="head.dense")
        return b.finish(features=(x,), output=b.frame_softmax(frames))
    if kind in extra:
        return ended(b, extra[kind]())
    two = kinds()[kind].fewest_inputs > 1
    return ended(b, b.node(kind, x, b.norm(x)) if two else b.node(kind, x))


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_kind_is_written_as_the_engine_computes_it(kind: str) -> None:
    architecture = with_kind(kind)
    assert kind in {node.kind for node in architecture.nodes}
    check_written(architecture)


@settings(max_examples=25, deadline=None)
@given(architectures())
def test_any_network_is_written_as_the_engine_computes_it(architecture: Architecture) -> None:
    check_written(architecture)


class Scale(Kind):
    """A kind as a method might bring it, with multiply-adds that no rule of the writer knows."""

    name = "scale"
    layer_module = "scale_layer"
    layer_class = "Scale"

    def arguments(self, given: dict, shapes: Sequence[Shape]) -> dict:
        return take(given, "scale")

    def shape(self, arguments: dict, shapes: Sequence[Shape]) -> Shape:
        return shapes[0]

    def cost(self, arguments: dict, shapes: Sequence[Shape]) -> LayerCost:
        return LayerCost(parameters=shapes[0][0], macs=prod(shapes[0]), keeps_inputs=True)

    def layer_arguments(self, arguments: dict, shapes: Sequence[Shape]) -> dict:
        return {"channels": shapes[0][0]}


SCALE_LAYER = """
import torch
from torch import Tensor, nn


class Scale(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale.reshape(1, -1, *[1] * (x.ndim - 2))
"""


def test_a_kind_that_a_method_brings_is_written_from_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scale_layer.py").write_text(SCALE_LAYER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(kinds_module._KINDS, "scale", Scale())
    b, x = clip_builder()
    architecture = ended(b, b.node("scale", x))
    assert "class Scale(nn.Module):" in source(architecture)
    check_written(architecture)


def test_layer_files_that_cannot_stand_alone_or_together_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "needy_layer.py").write_text("from searchengine.core import errors\n")
    (tmp_path / "twin_one.py").write_text("LIMIT = 1\n")
    (tmp_path / "twin_two.py").write_text("LIMIT = 2\n")
    with pytest.raises(ClashingLayers, match="may import torch alone"):
        layer_text("needy_layer")
    with pytest.raises(ClashingLayers, match="both define LIMIT"):
        together(["twin_one", "twin_two"])


def test_repeated_blocks_are_written_once() -> None:
    architecture = video_network((3, 3))
    text = source(architecture)
    check_written(architecture)
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert len(classes) == len(set(classes))
    # Twelve branches: timed and untimed ones differ, and the very first by its width.
    assert sum(name.endswith(("Branch1", "Branch2")) for name in classes) == 5
    assert "block1.r2.branch2, block2.r2.branch2" in text


def test_scopes_that_feed_each_other_become_containers() -> None:
    b, x = clip_builder()
    with b.scope("left"):
        one = b.norm(x, name="a")
    with b.scope("right"):
        two = b.norm(one, name="a")
    with b.scope("left"):
        three = b.activation(two, name="b")
    with b.scope("right"):
        four = b.add(three, two, name="b")
    architecture = ended(b, four)
    check_written(architecture)
    assert "self.left.a(" in source(architecture)


def test_a_scope_with_two_ways_in_and_out_is_called_with_both() -> None:
    b, x = clip_builder()
    y = b.norm(x, name="other")
    with b.scope("cross"):
        p, q = b.add(x, y, name="p"), b.concat(y, x, name="q")
    z = b.concat(p, q, x)
    architecture = ended(b, z)
    check_written(architecture)
    assert "p, q = self.cross(" in source(architecture)


def test_names_that_the_file_needs_itself_are_no_trap() -> None:
    b = Builder(Setting(inputs={"x": (2, 6, 6)}, classes=2))
    x = b.input("x")
    for name in ("conv", "Conv", "tensor", "network", "self", "torch", "any", "Path", "SUMMED", "load", "nn"):
        with b.scope(name):
            x = b.activation(b.norm(b.conv(x, 3, kernel=3, name="x"), name="self"), name="torch")
    x = b.add(x, b.norm(x, name="functional"), name="super")
    architecture = b.finish(features=(x,), output=b.linear(b.mean(x, axes=("H", "W"), name="PARAMETERS"), 2))
    check_written(architecture)


def test_layers_for_training_alone_stay_behind() -> None:
    b, x = clip_builder()
    b.linear(
        b.mean(x, axes=("T", "H", "W"), train_only=True, name="aux.mean"),
        3,
        name="aux.linear",
        train_only=True,
    )
    architecture = ended(b, x)
    assert "aux" not in source(architecture)
    check_written(architecture)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ['"""', "'''", "\n__import__('os').abort()", "{0}", "%s", "\\", "\x00", "\u202e", "#", "}\nimport os\n{"]
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXT, TEXT | st.integers() | st.none() | st.lists(TEXT, max_size=3), max_size=4))
def test_text_of_users_is_a_literal_in_ascii(origin: dict) -> None:
    architecture = with_kind("conv")
    tree = ast.parse(source(architecture, origin))
    constant = [node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "ORIGIN"]  # type: ignore[attr-defined]
    assert [ast.literal_eval(node.value) for node in constant] == ([origin] if origin else [])
    assert len(tree.body) == len(ast.parse(source(architecture)).body) + bool(origin)


def test_written_source_passes_a_linter(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(source(video_network((2, 3)), {"run": "a"}), encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select=E,F,W,I,B", "--line-length=110", "."],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout


def test_source_is_written_without_torch() -> None:
    code = (
        "import sys; from tests.engine.report.nets import video_network;"
        " from searchengine.export.source import source; source(video_network());"
        " assert 'torch' not in sys.modules, 'torch was loaded'"
    )
    root = Path(__file__).resolve().parents[3]
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


def test_all_layer_files_can_stand_in_one_file() -> None:
    modules = [kind.layer_module for kind in kinds().values() if kind.layer_module]
    _, bodies, defined = together(modules)
    assert len(bodies) == len(set(modules))
    assert {kind.layer_class for kind in kinds().values() if kind.layer_class} <= defined


def test_the_text_of_a_layer_is_its_files_text() -> None:
    body = layer_text("searchengine.layers.conv").body
    path = Path(__file__).resolve().parents[3] / "searchengine" / "layers" / "conv.py"
    assert body in path.read_text(encoding="utf-8")
    assert body.startswith("class Conv")
    module_of("import torch\nfrom torch import Tensor, nn\nfrom torch.nn import functional\n\n" + body)
