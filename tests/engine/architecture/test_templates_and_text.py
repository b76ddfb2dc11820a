"""Networks without a genome, and the text of a network."""

from __future__ import annotations

import pytest

from searchengine.architecture.builder import Builder
from searchengine.architecture.templates import i3d, tiny
from searchengine.architecture.text import render
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting

TEXT = """\
input          clip 1×4×8×8
classes        3
features       block.r2.concat 9×4×8×8
parameters     110
multiply-adds  32,795 for one sample
kernels        156 multiplications to build them, once a pass
memory         22,852 bytes kept for the backward pass of one sample
resizable      no: branches share a width

layer      kind                  reads                         output   parameters  multiply-adds
-------------------------------------------------------------------------------------------------
clip       input                                               1×4×8×8
block.r1.  block, 1 of 2, timed                                                 60         27,648
  conv     itgm 3×3×3                                          4×4×8×8          60         27,648
  pool     pool max 1×3×3        clip                          1×4×8×8
  concat   concat                block.r1.conv, block.r1.pool  5×4×8×8
block.r2.  block, 2 of 2, flat                                                  20          5,120
  conv     conv 1×1×1                                          4×4×8×8          20          5,120
  pool     pool max 1×3×3        block.r1.concat               5×4×8×8
  concat   concat                block.r2.conv, block.r2.pool  9×4×8×8
mean       mean T,H,W                                          9
fc         linear                                              3                30             27
"""


def video(classes: int) -> Setting:
    return Setting({"clip": (3, 64, 224, 224)}, classes=classes)


def test_i3d_has_the_parameters_of_the_published_network() -> None:
    assert i3d(video(400)).parameters == 12_697_264
    assert i3d(video(51)).parameters == 12_339_539
    assert i3d(video(400), "itgm").parameters == 7_484_368
    assert i3d(video(400)).node(i3d(video(400)).features[0]).shape == (1024, 8, 7, 7)


def test_i3d_with_itgm_costs_the_same_multiply_adds() -> None:
    assert i3d(video(400), "itgm").macs == i3d(video(400)).macs
    assert i3d(video(400), "itgm").kernel_macs > i3d(video(400)).kernel_macs == 0


def test_i3d_refuses_what_it_cannot_take() -> None:
    with pytest.raises(InfeasibleArchitecture, match="longer than axis"):
        i3d(Setting({"clip": (1, 8, 16, 16)}, classes=8))
    with pytest.raises(InfeasibleArchitecture, match="must be conv3d or itgm"):
        i3d(video(8), "conv2d")  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 8, 16, 16)])
def test_tiny_takes_images_and_clips(shape: tuple[int, ...]) -> None:
    assert tiny(Setting({"x": shape}, classes=10)).node("head.linear").shape == (10,)


def test_text_shows_every_layer_with_what_it_reads_its_shape_and_its_cost() -> None:
    b = Builder(Setting({"clip": (1, 4, 8, 8)}, classes=3))
    x = b.input("clip")
    for repeat, variant in ((1, "timed"), (2, "flat")):
        with b.scope("block", repeat=(repeat, 2), variant=variant, label="block"):
            y = (
                b.itgm(x, 4, kernel=(3, 3, 3), name="conv")
                if repeat == 1
                else b.conv(x, 4, kernel=1, name="conv")
            )
            p = b.pool(x, "max", kernel=(1, 3, 3), stride=1, name="pool")
            x = b.concat(y, p, name="concat")
    logits = b.linear(b.mean(x, axes=("T", "H", "W"), name="mean"), 3, name="fc")
    text = render(b.finish(features=(x,), output=logits, resizable="branches share a width"))
    assert text == TEXT


def test_text_tells_flow_from_kernels() -> None:
    b = Builder(Setting({"clip": (1, 4, 8, 8)}, classes=3))
    clip = b.input("clip")
    x = b.itgm(b.tvl1_flow(clip), 4, kernel=3, name="conv")
    text = render(b.finish(features=(x,), output=b.linear(b.mean(x, axes=("T", "H", "W")), 3)))
    assert "kernels        312 multiplications to build them, once a pass\n" in text
    assert "flow           245,760 multiplications to compute it, of one sample\n" in text


def test_text_is_the_same_every_time() -> None:
    assert render(i3d(video(400))) == render(i3d(video(400)))
