"""Colours of the interface: contrast by WCAG 2.1 AA, layer kinds told apart by colour-blind eyes, no colour
elsewhere."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
TEMPLATES = CSS.parents[1] / "templates"
PAIR = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall((CSS / "tokens.css").read_text())}
KINDS = ["kind-conv3d", "kind-conv2p1d", "kind-itgm", "kind-pool", "kind-point"]

READ = [
    *itertools.product(
        ["text", "text-quiet", "accent"], ["page", "surface", "surface-sunken", "surface-raised"]
    ),
    *itertools.product(["good", "warn", "bad"], ["page", "surface"]),
    *((name, f"{name}-soft") for name in ("good", "warn", "bad", "accent")),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("text", "accent-soft"),
    ("text", "warn-soft"),
    ("text", "bad-soft"),
    ("text-quiet", "accent-soft"),
    *(("surface", kind) for kind in KINDS),
]
"""Text on a ground: at least 4.5 to 1."""

SEEN = [
    *itertools.product(
        [*KINDS, "line-strong", "curve-control", "curve-quiet"], ["surface", "surface-sunken"]
    ),
]
"""Lines, points and borders of controls: at least 3 to 1."""


def rgb(text: str) -> np.ndarray:
    return np.array([int(text[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def linear(colour: np.ndarray) -> np.ndarray:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    bright, dark = sorted(
        (float(linear(rgb(text)) @ [0.2126, 0.7152, 0.0722]) for text in (one, other)), reverse=True
    )
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), READ)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), SEEN)
def test_marks_can_be_seen(mark: str, ground: str, theme: int) -> None:
    assert contrast(COLOURS[mark][theme], COLOURS[ground][theme]) >= 3


# Red- and green-blind eyes (Viénot, Brettel and Mollon 1999), in linear RGB.
BLIND = {
    "protan": np.array([[0.1121, 0.8853, -0.0005], [0.1127, 0.8897, -0.0001], [0.0045, 0.0, 1.0019]]),
    "deutan": np.array([[0.2920, 0.7054, -0.0003], [0.2934, 0.7089, 0.0], [-0.0210, 0.0256, 1.0]]),
}


def lab(colour: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ colour
    ratio = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 0.008856, np.cbrt(np.clip(ratio, 0, None)), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("eyes", BLIND)
@pytest.mark.parametrize(("one", "other"), itertools.combinations(KINDS, 2))
def test_layer_kinds_differ_for_colour_blind_eyes(one: str, other: str, eyes: str, theme: int) -> None:
    seen = [lab(np.clip(BLIND[eyes] @ linear(rgb(COLOURS[name][theme])), 0, 1)) for name in (one, other)]
    assert float(np.linalg.norm(seen[0] - seen[1])) > 10


def test_colours_stand_in_the_tokens_alone() -> None:
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^\n]*url)")
    found = {
        path.name: literal.findall(path.read_text())
        for path in CSS.glob("*.css")
        if path.name != "tokens.css" and literal.findall(path.read_text())
    }
    found.pop("datasets.css", None)  # the ground behind clips is black whatever the theme
    assert not found


def test_templates_hold_no_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|<style|\son[a-z]+=")
    found = {
        str(path.relative_to(TEMPLATES)): inline.findall(path.read_text())
        for path in TEMPLATES.rglob("*.html")
        if inline.findall(path.read_text())
    }
    assert not found
