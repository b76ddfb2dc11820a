"""Flow is part of what is prepared: computed once, stored beside the clips, named by the fingerprint."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from searchengine.core.errors import DataRefused, Stopped
from searchengine.core.jsontext import dumps, loads
from searchengine.core.setting import Fidelity
from searchengine.data.command import main
from searchengine.data.flow import FlowSettings, clip_flow, flow_settings, grey
from searchengine.data.judging import open_test
from searchengine.data.manifest import Manifest, Preparation, read_manifest
from searchengine.data.prepare import prepare
from searchengine.data.prepared import open_prepared
from tests.engine.data.files import image_folder, write_npz, write_video

RNG = np.random.default_rng(0)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    x = RNG.integers(0, 255, (24, 5, 16, 16, 3), dtype=np.uint8)
    return write_npz(tmp_path / "clips.npz", x=x, y=np.arange(24) % 3)


def test_sets_without_flow_keep_the_fingerprints_they_had(tmp_path: Path) -> None:
    assert dumps(Preparation().to_json()) == (
        '{"side":null,"frames":null,"colour":null,"seed":0,"noise_seed":0,"validation":0.2,"test":0.2,'
        '"group":null,"mirror_safe":null,"name":null}'
    )
    assert prepare("digits", tmp_path).summary.fingerprint == "ae057d850b5857603c243e1b5395ecb7"


def test_flow_of_every_part_is_that_of_its_clips(clips: Path, tmp_path: Path) -> None:
    manifest = prepare(str(clips), tmp_path / "data", Preparation(flow="auto"))
    assert manifest.flow == flow_settings("farneback", 16)
    assert manifest.summary.flow
    data = open_prepared(tmp_path / "data", manifest.summary.fingerprint)
    for part in (data.train, data.validation, open_test(tmp_path / "data", manifest.summary.fingerprint)):
        assert part.flow is not None
        assert part.flow.shape == (len(part.y), 2, 5, 16, 16)
        assert part.flow.dtype == np.int8
        assert not part.flow.flags.writeable
        assert isinstance(part.flow, np.memmap)
        for clip, flow in zip(part.x, part.flow, strict=True):
            assert (clip_flow(grey(clip), manifest.flow) == flow).all()
    assert {"train.flow.npy", "validation.flow.npy", "test/flow.npy"} <= manifest.files.keys()
    assert Manifest.from_json(loads(dumps(manifest.to_json()))) == manifest


def test_a_network_reads_the_clip_and_then_its_flow(clips: Path, tmp_path: Path) -> None:
    summary = prepare(str(clips), tmp_path / "data", Preparation(flow="farneback")).summary
    inputs = summary.setting().inputs
    assert list(inputs.items()) == [("clip", (3, 5, 16, 16)), ("flow", (2, 5, 16, 16))]
    assert summary.setting(Fidelity(resolution=2)).inputs == {"clip": (3, 5, 8, 8), "flow": (2, 5, 8, 8)}
    assert "flow" not in replace(summary, flow=False).setting().inputs


def test_the_fingerprint_depends_on_every_flow_setting(clips: Path, tmp_path: Path) -> None:
    farneback, dis = flow_settings("farneback", 16), flow_settings("dis", 16)
    others = {"clip": 5, "pyr_scale": 0.6, "levels": 2, "winsize": 7, "iterations": 4, "poly_n": 7}
    wishes: list[FlowSettings | None] = [None, farneback, dis, replace(farneback, poly_sigma=1.5)]
    wishes += [replace(farneback, **{name: value}) for name, value in others.items()]
    wishes += [replace(dis, clip=5), replace(dis, preset="fast")]
    root = tmp_path / "data"
    found = [prepare(str(clips), root, Preparation(flow=wish)).summary.fingerprint for wish in wishes]
    assert len(set(found)) == len(wishes)


def test_a_name_is_the_settings_it_stands_for(clips: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    named = [prepare(str(clips), root, Preparation(flow=name)) for name in ("auto", "farneback")]
    meant = prepare(str(clips), root, Preparation(flow=flow_settings("farneback", 16)))
    assert named == [meant, meant]
    plain = prepare(str(clips), root)
    assert prepare(str(clips), root, Preparation(flow="none")) == plain
    assert open_prepared(root, plain.summary.fingerprint).train.flow is None


def test_a_manifest_from_before_flow_is_read(clips: Path, tmp_path: Path) -> None:
    manifest = prepare(str(clips), tmp_path / "data")
    value = manifest.to_json()
    assert "flow" not in value["preparation"]
    del value["summary"]["flow"], value["summary"]["labels"]
    assert Manifest.from_json(value) == manifest
    assert manifest.flow is None


@pytest.mark.parametrize("flow", ["auto", FlowSettings("farneback", 4)])
def test_images_have_no_flow(tmp_path: Path, flow: FlowSettings) -> None:
    with pytest.raises(DataRefused, match="optical flow needs clips"):
        prepare(str(image_folder(tmp_path / "pets")), tmp_path / "data", Preparation(flow=flow))
    assert not (tmp_path / "data").exists()


def test_dis_on_small_frames_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    x = RNG.integers(0, 255, (20, 5, 8, 8), dtype=np.uint8)
    path = write_npz(tmp_path / "a.npz", x=x, y=np.arange(20) % 2)
    for flow in ("dis", FlowSettings("dis", 4)):
        with pytest.raises(DataRefused, match="at least 12 pixels a side, got 8"):
            prepare(str(path), tmp_path / "data", Preparation(flow=flow))
    assert not (tmp_path / "data").exists()


def test_an_unknown_flow_is_refused_in_words() -> None:
    with pytest.raises(DataRefused, match="flow is auto, farneback, dis, none, got 'tvl1'"):
        Preparation(flow="tvl1")  # type: ignore[arg-type]


def test_a_changed_or_missing_flow_is_noticed(clips: Path, tmp_path: Path) -> None:
    manifest = prepare(str(clips), tmp_path / "data", Preparation(flow="auto"))
    folder = tmp_path / "data" / manifest.summary.fingerprint
    content = bytearray((folder / "train.flow.npy").read_bytes())
    content[-1] ^= 1
    (folder / "train.flow.npy").write_bytes(content)
    with pytest.raises(DataRefused, match=r"train\.flow\.npy .* was changed"):
        open_prepared(tmp_path / "data", manifest.summary.fingerprint)
    (folder / "test" / "flow.npy").unlink()
    with pytest.raises(DataRefused, match="prepare the set again"):
        open_test(tmp_path / "data", manifest.summary.fingerprint)


def test_flow_of_another_shape_is_noticed(clips: Path, tmp_path: Path) -> None:
    manifest = prepare(str(clips), tmp_path / "data", Preparation(flow="auto"))
    folder = tmp_path / "data" / manifest.summary.fingerprint
    value = loads((folder / "manifest.json").read_bytes())
    value["files"]["train.flow.npy"] = value["files"]["validation.flow.npy"]
    (folder / "train.flow.npy").write_bytes((folder / "validation.flow.npy").read_bytes())
    (folder / "manifest.json").write_text(dumps(value))
    with pytest.raises(DataRefused, match="the manifest says int8"):
        open_prepared(tmp_path / "data", manifest.summary.fingerprint)


def test_progress_tells_of_flow_once_over_all_parts(clips: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    settings = Preparation(flow="auto")
    prepare(str(clips), tmp_path / "data", settings, progress=lambda *step: told.append(step))
    ends = [(phase, of) for phase, done, of in told if done == of]
    parts = [("writing train", 15), ("writing validation", 5), ("writing test", 4)]
    assert [phase for phase, _ in ends] == [
        "reading",
        *(name for name, _ in parts),
        "optical flow",
        "previews",
    ]
    assert ("optical flow", 24) in ends


def test_cancelled_while_flow_is_computed_leaves_nothing(clips: Path, tmp_path: Path) -> None:
    phases: list[str] = []
    with pytest.raises(Stopped):
        prepare(
            str(clips),
            tmp_path / "data",
            Preparation(flow="auto"),
            progress=lambda phase, done, of: phases.append(phase),
            cancelled=lambda: phases[-1:] == ["writing test"],
        )
    assert "optical flow" not in phases
    assert list((tmp_path / "data").iterdir()) == []


def test_killed_while_flow_is_computed_leaves_no_half_set(tmp_path: Path) -> None:
    x = RNG.integers(0, 255, (600, 16, 64, 64), dtype=np.uint8)
    source = write_npz(tmp_path / "a.npz", x=x, y=np.arange(600) % 2)
    root = tmp_path / "data"
    command = [sys.executable, "-m", "searchengine", "data", "prepare", str(source), "--flow", "dis"]
    with subprocess.Popen([*command, "--json", "--data-root", str(root)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if loads(line).get("progress") == "optical flow":
                child.send_signal(signal.SIGKILL)
                break
    assert child.returncode == -signal.SIGKILL
    left = list(root.iterdir())
    assert [path.name.startswith(".preparing-") for path in left] == [True]
    manifest = prepare("digits", root)
    assert [path.name for path in root.iterdir()] == [manifest.summary.fingerprint]


def test_flow_of_real_videos(tmp_path: Path) -> None:
    root = tmp_path / "gestures"
    for name, brightness in (("dark", 0), ("light", 100)):
        for number in range(4):
            write_video(root / name / f"{number}.mp4", frames=6 + number, brightness=brightness)
    manifest = prepare(str(root), tmp_path / "data", Preparation(frames=6, side=72, flow="auto"))
    assert manifest.flow == flow_settings("dis", 72)
    train = open_prepared(tmp_path / "data", manifest.summary.fingerprint).train
    assert train.flow is not None
    assert train.flow.shape[1:] == (2, 6, 72, 72)


def test_pictures_show_the_flow_of_the_same_samples(clips: Path, tmp_path: Path) -> None:
    manifest = prepare(str(clips), tmp_path / "data", Preparation(flow="auto"))
    previews = tmp_path / "data" / manifest.summary.fingerprint / "previews"
    names = sorted(path.name for path in previews.iterdir())
    of_classes = [f"{kind}class-{label}.png" for kind in ("", "flow-") for label in range(3)]
    assert names == sorted([*of_classes, "flow-wheel.png", "sheet.png"])
    with Image.open(previews / "class-1.png") as clip, Image.open(previews / "flow-class-1.png") as both:
        assert both.n_frames == clip.n_frames == 5
        assert both.size == (clip.width, 2 * clip.height + 4)
        for t in range(5):
            clip.seek(t)
            both.seek(t)
            upper = both.convert("RGB").crop((0, 0, *clip.size))
            assert (np.asarray(upper) == np.asarray(clip.convert("RGB"))).all()


def test_the_command_line_adds_flow(clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--data-root", str(tmp_path / "data")]
    for flag, method in (([], None), (["--flow"], "farneback"), (["--flow", "dis"], "dis")):
        assert main(["prepare", str(clips), *flag, *root, "--json"]) == 0
        last = loads(capsys.readouterr().out.splitlines()[-1])
        assert last["summary"]["flow"] is (method is not None)
        assert last["preparation"].get("flow", {}).get("method") == method
        assert read_manifest(tmp_path / "data" / last["summary"]["fingerprint"]).summary.flow is bool(method)
    assert main(["prepare", str(clips), "--flow", *root]) == 0
    assert "optical flow by farneback, up to 4 pixels a frame" in capsys.readouterr().out
    assert main(["prepare", "digits", "--flow", *root]) == 2
    assert "optical flow needs clips" in capsys.readouterr().err
