"""Every space and every layer kind through the whole export: files, clean process, ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from safetensors.torch import save_file

from searchengine import catalogue
from searchengine.architecture.graph import Architecture
from searchengine.architecture.kinds import kinds
from searchengine.core.setting import DataSummary
from searchengine.export.bundle import write_bundle
from searchengine.export.check import ONNX_TOLERANCE
from searchengine.export.onnx_file import write_onnx
from searchengine.export.source import inputs_of
from searchengine.export.spec import ExportSpec
from searchengine.nets.build import build

from ..engine.architecture.graphs import architectures
from ..engine.export.specs import images, shaken
from ..engine.export.test_published import MOVING
from ..engine.export.test_source import with_kind
from ..engine.export.written import check_written, samples

pytestmark = pytest.mark.long


def check_onnx(architecture: Architecture, path: Path) -> None:
    torch.manual_seed(0)
    network = build(architecture)
    shaken(network, 0)
    inputs = samples(architecture)
    write_onnx(network, dict(inputs_of(architecture)), path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given_arrays = dict(zip(inputs_of(architecture), (tensor.numpy() for tensor in inputs), strict=True))
    with torch.no_grad():
        wanted = network(*inputs)
    gap = (torch.from_numpy(session.run(None, given_arrays)[0]) - wanted).abs().max()
    assert gap <= ONNX_TOLERANCE * max(1.0, float(wanted.abs().max()))


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_layer_kind_in_onnx(kind: str, tmp_path: Path) -> None:
    check_onnx(with_kind(kind), tmp_path / "model.onnx")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(architectures())
def test_random_networks_in_onnx(tmp_path: Path, architecture: Architecture) -> None:
    check_onnx(architecture, tmp_path / "model.onnx")


@settings(max_examples=500, deadline=None)
@given(architectures(most_layers=20))
def test_random_networks_in_source(architecture: Architecture) -> None:
    check_written(architecture)


def data_for(slug: str) -> DataSummary:
    accepts = catalogue.spaces()[slug].accepts
    return images(side=12, channels=3) if "images" in accepts.modalities else MOVING


@pytest.mark.parametrize("slug", list(catalogue.spaces()))
@pytest.mark.parametrize("members", [1, 3])
def test_every_space_through_the_whole_export(slug: str, members: int, tmp_path: Path) -> None:
    data = data_for(slug)
    params = catalogue.spaces()[slug].params().to_json()
    space = catalogue.space(slug, params, data)
    rng = np.random.default_rng(members)
    rows = []
    for number in range(members):
        genome = space.random(rng)
        network = build(space.describe(genome, data.setting()))
        shaken(network, number)
        path = tmp_path / f"{number}.safetensors"
        save_file({k: v.contiguous().clone() for k, v in network.state_dict().items()}, str(path))
        rows.append({"genome": genome, "space": slug, "space_params": params, "weights": str(path)})
    kind = "network" if members == 1 else "ensemble"
    spec = ExportSpec.from_json({"kind": kind, "members": rows, "data": data.to_json()})
    found = write_bundle(spec, tmp_path / "export")
    assert [check for check in found.checks if not check.passed] == []
