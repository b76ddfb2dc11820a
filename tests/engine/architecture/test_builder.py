"""The builder infers shapes at once and refuses in words what does not fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import nn

from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.kinds import Kind, kind_named, kinds, register
from searchengine.architecture.names import RESERVED
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting


@pytest.fixture
def b() -> Builder:
    return Builder(Setting({"clip": (3, 8, 16, 16), "image": (3, 9, 7)}, classes=5))


def test_shapes_follow_each_call(b: Builder) -> None:
    x = b.input("clip")
    assert (x.name, x.shape, x.channels) == ("clip", (3, 8, 16, 16), 3)
    assert b.conv(x, 16, kernel=(3, 3, 3), stride=(1, 2, 2)).shape == (16, 8, 8, 8)
    assert b.conv(x, 4, kernel=3, padding=0).shape == (4, 6, 14, 14)
    assert b.pool(x, "max", kernel=(3, 2, 2), stride=(1, 2, 2)).shape == (3, 8, 8, 8)
    assert b.pool(x, "avg", kernel=(2, 16, 16), stride=1).shape == (3, 7, 1, 1)
    assert b.concat(x, x, x).shape == (9, 8, 16, 16)
    assert b.mean(x, axes=("T", "H", "W")).shape == (3,)
    assert b.mean(x, axes=("T",)).shape == (3, 16, 16)
    assert b.mean(x, axes=("H", "W"), keepdim=True).shape == (3, 8, 1, 1)


def test_names_nest_with_scopes_and_repeats(b: Builder) -> None:
    x = b.input("image")
    with b.scope("block1", repeat=(2, 3), variant="timed", label="block 1"), b.scope("branch0"):
        y = b.conv(x, 4, kernel=3, name="conv")
    assert y.name == "block1.r2.branch0.conv"
    scope = b._nodes[y.name].scope
    assert (scope[0].name, scope[0].repeat, scope[0].of) == ("block1.r2", 2, 3)
    assert (scope[0].variant, scope[0].label) == ("timed", "block 1")
    assert scope[1].name == "branch0"
    with b.scope("block1"), b.scope("r3", repeat=(3, 3)):
        assert b.conv(x, 4, kernel=3, name="conv").name == "block1.r3.conv"


def test_a_nameless_layer_takes_its_kinds_name(b: Builder) -> None:
    x = b.input("image")
    assert [b.conv(x, 4, kernel=1).name for _ in range(3)] == ["conv", "conv2", "conv3"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda b, x, c, m: b.conv(x, 0, kernel=3),
            "output channels must be a whole number of at least 1, got 0",
        ),
        (lambda b, x, c, m: b.conv(x, 2.0, kernel=3), "output channels must be a whole number"),
        (lambda b, x, c, m: b.conv(x, True, kernel=3), "output channels must be a whole number"),
        (lambda b, x, c, m: b.conv(x, 10**12, kernel=3), "output channels must be a whole number"),
        (lambda b, x, c, m: b.conv(x, 4, kernel=(3, 3, 3)), "must be one number or 2 of them"),
        (
            lambda b, x, c, m: b.conv(x, 4, kernel=11, padding=0),
            "longer than axis H, which is 9 with padding 0",
        ),
        (lambda b, x, c, m: b.conv(x, 4, kernel=3, stride=0), "stride must be a whole number of at least 1"),
        (
            lambda b, x, c, m: b.conv(x, 4, kernel=3, groups=2),
            "groups must divide its widths, got 2 groups for 3 → 4",
        ),
        (lambda b, x, c, m: b.conv(x, 4, kernel=3, gap=2), "has no argument gap"),
        (lambda b, x, c, m: b.conv(m, 4, kernel=3), "needs at least one axis beside the channels"),
        (lambda b, x, c, m: b.itgm(x, 4, kernel=3), r"needs a clip of shape \(C, T, H, W\)"),
        (lambda b, x, c, m: b.itgm(c, 4, kernel=3, profile="box"), "profile of itgm must be one of"),
        (lambda b, x, c, m: b.pool(x, "min", kernel=2), "must be max or avg, got 'min'"),
        (lambda b, x, c, m: b.pool(x, "max", kernel=2, padding=2), "at most half its kernel"),
        (lambda b, x, c, m: b.pool(x, "max", kernel=(10, 2)), "a window of 10 is longer than axis H"),
        (
            lambda b, x, c, m: b.conv(x, 4, kernel=3, dilation=0),
            "dilation must be a whole number of at least 1",
        ),
        (
            lambda b, x, c, m: b.conv(x, 4, kernel=3, dilation=5, padding=0),
            "a window of 11 is longer than axis H",
        ),
        (lambda b, x, c, m: b.pool(x, "avg", kernel=2, ceil=True), "only a maximum may count a partial"),
        (lambda b, x, c, m: b.weighted_sum(x, c), "what is weighted and added must have one shape"),
        (lambda b, x, c, m: b.weighted_sum(), "reads 1 to 10000 nodes, got 0"),
        (lambda b, x, c, m: b.multiply(x, c), "what is multiplied must agree in channels"),
        (lambda b, x, c, m: b.multiply(x, b.pool(x, "max", kernel=3)), r"got \(3, 9, 7\) and \(3, 3, 3\)"),
        (lambda b, x, c, m: b.node("multiply", x), "reads 2 to 2 nodes, got 1"),
        (lambda b, x, c, m: b.frame_softmax(x), r"needs a sequence \(C, T\)"),
        (lambda b, x, c, m: b.tvl1_flow(x), r"flow needs a clip of shape \(C, T, H, W\)"),
        (lambda b, x, c, m: b.tvl1_flow(c, clip=0), "largest flow must be above 0"),
        (lambda b, x, c, m: b.tvl1_flow(c, iterations=0), "iterations of flow must be a whole number"),
        (lambda b, x, c, m: b.linear(m, 4, init="large"), "knows the inits"),
        (lambda b, x, c, m: b.linear(x, 4), "linear needs a vector"),
        (lambda b, x, c, m: b.mean(x, axes=("T",)), "axes must be some of C, H, W"),
        (lambda b, x, c, m: b.mean(x, axes=("C",)), "mean over channels"),
        (lambda b, x, c, m: b.mean(x, axes=("H",)), "an image's mean without keepdim"),
        (lambda b, x, c, m: b.add(x), "reads 2 to 10000 nodes, got 1"),
        (lambda b, x, c, m: b.add(x, c), "what is added must have one shape"),
        (lambda b, x, c, m: b.concat(x, c), "must agree in all but the channels"),
        (lambda b, x, c, m: b.dropout(x, 1.0), "rate must be at least 0 and below 1"),
        (
            lambda b, x, c, m: b.activation(x, "step"),
            "function must be one of relu, silu, gelu, sigmoid, got 'step'",
        ),
        (lambda b, x, c, m: b.norm(x, eps=0), r"eps and momentum in \(0, 1\]"),
        (lambda b, x, c, m: b.norm(x, init="two"), "knows the inits"),
        (lambda b, x, c, m: b.node("magic", x), "no layer kind is named 'magic'; there are input, conv"),
        (lambda b, x, c, m: b.node("add", x, x, weight=[1, 2]), "add has no argument weight"),
        (lambda b, x, c, m: b.node("conv", x, channels=4, kernel={}), "must be plain values"),
        (lambda b, x, c, m: b.input("flow"), "the setting has no input 'flow'; it has clip, image"),
        (lambda b, x, c, m: b.conv(x, 4, kernel=1, name="2x"), "each part must be a letter"),
        (lambda b, x, c, m: b.conv(x, 4, kernel=1, name="a..b"), "each part must be a letter"),
        (lambda b, x, c, m: b.conv(x, 4, kernel=1, name="a.class"), "'class' is taken"),
        (lambda b, x, c, m: b.conv(x, 4, kernel=1, name="a.train"), "'train' is taken"),
        (lambda b, x, c, m: b.conv(x, 4, kernel=1, name="image"), "two nodes are named 'image'"),
        (
            lambda b, x, c, m: b.conv(x, 4, kernel=1, name="image.conv"),
            "'image' cannot be a layer and a scope",
        ),
        (lambda b, x, c, m: b.conv(Ref("ghost", (3, 9, 7)), 4, kernel=1), "was not made by this builder"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    b: Builder, call: Callable[[Builder, Ref, Ref, Ref], Ref], message: str
) -> None:
    x, c = b.input("image"), b.input("clip")
    m = b.mean(x, axes=("H", "W"))
    with pytest.raises(InfeasibleArchitecture, match=message):
        call(b, x, c, m)


def test_a_refused_layer_leaves_the_builder_as_it_was(b: Builder) -> None:
    x = b.input("image")
    with pytest.raises(InfeasibleArchitecture):
        b.conv(x, 0, kernel=3, name="conv")
    assert b.conv(x, 4, kernel=3, name="conv").name == "conv"


def test_equal_numbers_of_other_types_are_refused_whatever_was_built_before(b: Builder) -> None:
    x = b.input("image")
    b.conv(x, 1, kernel=3)
    for wrong in (True, 1.0):
        with pytest.raises(InfeasibleArchitecture, match="whole number"):
            b.conv(x, wrong, kernel=3)  # type: ignore[arg-type]


def test_a_container_cannot_be_a_layer_too(b: Builder) -> None:
    x = b.input("image")
    b.conv(x, 4, kernel=1, name="block.conv")
    with pytest.raises(InfeasibleArchitecture, match="a layer and a scope that holds layers"):
        b.conv(x, 4, kernel=1, name="block")


def test_reserved_names_are_the_attributes_of_modules() -> None:
    public = {name for name in dir(nn.Module) if not name.startswith("_")}
    assert public <= RESERVED


class TestFinish:
    def test_the_output_must_be_one_number_a_class(self, b: Builder) -> None:
        x = b.input("image")
        with pytest.raises(InfeasibleArchitecture, match=r"must have shape \(5,\).*has \(3,\)"):
            b.finish(features=(x,), output=b.mean(x, axes=("H", "W")))

    def test_features_must_separate_output_and_inputs(self, b: Builder) -> None:
        x = b.input("image")
        y = b.conv(x, 4, kernel=1)
        both = b.concat(b.mean(x, axes=("H", "W")), b.mean(y, axes=("H", "W")))
        logits = b.linear(both, 5)
        with pytest.raises(InfeasibleArchitecture, match="a path from image goes around them"):
            b.finish(features=(y,), output=logits)
        with pytest.raises(InfeasibleArchitecture, match="must name its features"):
            b.finish(features=(), output=logits)

    def test_a_layer_that_nothing_reads_is_refused_unless_it_is_for_training_only(self, b: Builder) -> None:
        x = b.conv(b.input("image"), 4, kernel=1)
        logits = b.linear(b.mean(x, axes=("H", "W")), 5)
        b.norm(x, name="aux", train_only=True)
        assert b.finish(features=(x,), output=logits).parameters == 12 + 25
        b.norm(x, name="idle")
        with pytest.raises(InfeasibleArchitecture, match="nothing reads idle"):
            b.finish(features=(x,), output=logits)


def test_a_kind_is_registered_once_and_found_by_name() -> None:
    conv = kind_named("conv")
    assert kinds()["conv"] is conv
    assert isinstance(conv, Kind)
    register(conv)

    class Conv(type(kind_named("linear"))):  # type: ignore[misc]  # another kind under a name that is taken
        name = "conv"

    with pytest.raises(ValueError, match="'conv' exists already"):
        register(Conv())
    with pytest.raises(TypeError, match="abstract"):
        Kind()  # type: ignore[abstract]
    assert kind_named("conv") is conv
