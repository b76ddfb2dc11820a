"""Published networks as source: found in a paper, not by us, and far larger than what tests run."""

from __future__ import annotations

import pytest
import torch

from searchengine import catalogue
from searchengine.core.setting import DataSummary
from searchengine.export.source import source
from searchengine.report.layout import layout

from ..methods.evanet.published import PUBLISHED, large_clips
from .written import check_written, module_of

MOVING = DataSummary(
    slug="moving",
    title="Moving",
    fingerprint="0" * 32,
    modality="clips",
    shape=(1, 8, 16, 16),
    classes=tuple("abcdefgh"),
    sizes={"train": 64, "validation": 16, "test": 16},
)


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_a_published_video_network_is_written_with_its_parameters(name: str) -> None:
    space = catalogue.space("evanet", {}, MOVING)
    architecture = space.describe(PUBLISHED[name], large_clips(400))
    module = module_of(source(architecture))
    with torch.device("meta"):
        network = module.Network()
    assert sum(p.numel() for p in network.parameters()) == architecture.parameters
    assert set(network.state_dict()) == {
        f"{node.name}.{key}"
        for node in architecture.deployed
        for key in dict(network.get_submodule(node.name).state_dict() if node.kind != "input" else {})
    }


def test_a_published_video_network_is_drawn_small() -> None:
    architecture = catalogue.space("evanet", {}, MOVING).describe(PUBLISHED["R1"], large_clips(400))
    drawing = layout(architecture)
    assert len(drawing.nodes) < len(architecture.nodes) / 2
    assert any("×2" in group.label for group in drawing.groups)


def test_hand_made_video_networks_are_written_as_the_engine_computes_them() -> None:
    method = catalogue.method("evanet")
    params = method.params()
    space = catalogue.space("evanet", params.to_json(), MOVING)
    for example in method.examples.values():
        check_written(space.describe(example(params, MOVING), MOVING.setting()))
