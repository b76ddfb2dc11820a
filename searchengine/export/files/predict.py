"""Classify an image, a video or an array with the network beside this file.

    python predict.py FILE [FILE ...] [--json] [--most-macs N] [--most-parameters N]
                      [--most-latency N]

The limits choose from a front, beside front.py: the most accurate network that fits. FILE is an image
(needs Pillow), a video (needs av, that is PyAV, and Pillow) or a .npy array. An array of bytes holds one
sample of the shape in preprocessing.json, or a batch of them, and is scaled and normalised here; an array
of float32 is taken as what the network reads. Needs torch and safetensors, and a network that reads optical
flow needs OpenCV: it is computed here as it was for the training data.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import struct
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
VIDEOS = {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".ogv"}


class Refused(Exception):
    """A file cannot be classified; the message says why and what to do."""


def main(arguments: list[str]) -> int:
    given = [argument for argument in arguments if argument != "--json"]
    if not given or "-h" in given or "--help" in given:
        print(__doc__.strip())
        print()
        print("It reads: " + describe(read_json("preprocessing.json")))
        return 0
    try:
        files, limits = limited(given)
        return classify(files, limits, as_json="--json" in arguments)
    except Refused as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 2


def classify(files: list[str], limits: dict[str, float], as_json: bool) -> int:
    how = read_json("preprocessing.json")
    classes = read_json("classes.json")
    batches = [network_inputs(read(Path(file), how), how) for file in files]

    import torch

    try:
        network = network_module().load(**limits)
    except ValueError as refusal:
        raise Refused(str(refusal)) from None
    for file, batch in zip(files, batches, strict=True):
        with torch.no_grad():
            logits = network(*batch)
        chances = torch.sigmoid(logits) if how["labels"] == "multi" else torch.softmax(logits, dim=1)
        for number, row in enumerate(chances.tolist()):
            name = file if len(chances) == 1 else f"{file}[{number}]"
            ranked = sorted(zip(row, classes, strict=True), key=lambda pair: -pair[0])
            if as_json:
                found = [{"class": label, "probability": chance} for chance, label in ranked]
                print(json.dumps({"file": name, "probabilities": found}))
            else:
                print(printable(name))
                for chance, label in ranked:
                    print(f"  {chance:.4f}  {printable(label)}")
    return 0


def limited(arguments: list[str]) -> tuple[list[str], dict[str, float]]:
    """Files, and the limits of a front as arguments of its ``load``."""
    files, limits, left = [], {}, list(arguments)
    while left:
        argument = left.pop(0)
        if argument not in ("--most-macs", "--most-parameters", "--most-latency"):
            files.append(argument)
            continue
        if not (HERE / "front.py").is_file():
            raise Refused(f"{argument} chooses from a front, and here is one result; leave it out")
        try:
            limits[argument.removeprefix("--").replace("-", "_")] = float(left.pop(0))
        except (IndexError, ValueError):
            raise Refused(f"expected a number after {argument}") from None
    return files, limits


def printable(text: str) -> str:
    """``text`` without what could move a terminal's cursor or hide characters."""
    return text if text.isprintable() else ascii(text)


def read_json(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def describe(how: dict[str, Any]) -> str:
    sizes = " x ".join(str(size) for size in how["shape"])
    flow = f", and its optical flow ({how['flow']['method']}, by OpenCV)" if how["flow"] else ""
    return f"{how['input']} of shape {sizes} ({', '.join(how['axes'])}), {how['colour']}{flow}"


def network_module() -> ModuleType:
    """model.py, ensemble.py of an ensemble or front.py of a front, whatever the working directory."""
    sys.dont_write_bytecode = True  # the folder stays as its checksums say
    name = next(name for name in ("ensemble", "front", "model") if (HERE / f"{name}.py").is_file())
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def network_inputs(samples: Any, how: dict[str, Any]) -> list[Any]:
    """Samples as tensors for all inputs of the network, in its order; floats pass, they are its one input."""
    import torch

    if samples.dtype != torch.uint8:
        return [samples]
    made = {"flow": flow_input, how["input"]: network_input}
    return [made[name](samples, how) for name in how["network_inputs"]]


def network_input(samples: Any, how: dict[str, Any]) -> Any:
    """Bytes as values: value = byte * scale + offset, normalised a channel."""
    import torch

    shape = (1, -1, *[1] * (samples.ndim - 2))
    mean, std = (torch.tensor(how[name], dtype=torch.float64) for name in ("mean", "std"))
    gain = (how["scale"] / std).float().reshape(shape)
    bias = ((how["offset"] - mean) / std).float().reshape(shape)
    return reduced(samples.float() * gain + bias, how)


def flow_input(samples: Any, how: dict[str, Any]) -> Any:
    """Optical flow of clips of bytes (N, C, T, H, W): (N, 2, T, H, W), the largest that is kept is 1."""
    import torch

    fields = torch.stack([torch.from_numpy(flow(clip, how["flow"])) for clip in samples])
    return reduced(fields.float() * (1 / 127), how)


def reduced(values: Any, how: dict[str, Any]) -> Any:
    """The mean of so many pixels each way as the network's resolution asks for."""
    from torch.nn import functional

    by = how["resolution"]
    if by == 1:
        return values
    return (
        functional.avg_pool3d(values, (1, by, by)) if values.ndim == 5 else functional.avg_pool2d(values, by)
    )


def flow(clip: Any, settings: dict[str, Any]) -> Any:
    """How far every pixel of a clip (C, T, H, W) moves to the right and downwards from each frame to the
    next, (2, T, H, W): cut to settings["clip"] pixels and rounded to 127 steps, as training data is stored.
    The last field is there twice."""
    try:
        import cv2
        import numpy
    except ImportError:
        raise Refused(
            "this network reads optical flow, which OpenCV computes; install it:"
            " pip install opencv-python-headless"
        ) from None
    cv2.setNumThreads(1)  # DIS cuts a frame into as many stripes as there are threads
    pixels = clip.numpy()
    if len(pixels) == 1:
        frames = pixels[0]
    else:
        grey = numpy.tensordot(numpy.array([0.299, 0.587, 0.114]), pixels, axes=1)
        frames = numpy.rint(grey).astype(numpy.uint8)
    frames = numpy.ascontiguousarray(frames)
    fields = [field(cv2, frames[t], frames[t + 1], settings) for t in range(len(frames) - 1)]
    moved = numpy.stack([*fields, fields[-1]]).transpose(3, 0, 1, 2)
    most = settings["clip"]
    return numpy.rint(numpy.clip(moved, -most, most) * (127 / most)).astype(numpy.int8)


def field(cv2: ModuleType, before: Any, after: Any, settings: dict[str, Any]) -> Any:
    """The displacements (H, W, 2) in pixels that take one grey frame to the next."""
    if settings["method"] == "dis":
        preset = getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{settings['preset'].upper()}")
        return cv2.DISOpticalFlow_create(preset).calc(before, after, None)
    names = ("pyr_scale", "levels", "winsize", "iterations", "poly_n", "poly_sigma")
    return cv2.calcOpticalFlowFarneback(before, after, None, *(settings[name] for name in names), 0)


def read(path: Path, how: dict[str, Any]) -> Any:
    """The samples in a file as a tensor (N, C, H, W) or (N, C, T, H, W), bytes or float32."""
    if not path.is_file():
        raise Refused(f"there is no file {path}")
    if path.suffix.lower() == ".npy":
        return read_array(path, how)
    if path.suffix.lower() in VIDEOS:
        if how["input"] != "clip":
            raise Refused(f"{path.name} is a video, and this network reads images")
        return read_video(path, how)
    if how["input"] == "clip":
        raise Refused(f"{path.name} is no video, and this network reads clips of {how['shape'][1]} frames")
    return read_image(path, how)


def read_array(path: Path, how: dict[str, Any]) -> Any:
    """A .npy file, read without numpy: bytes or float32 in C order."""
    import torch

    raw = path.read_bytes()
    if raw[:6] != b"\x93NUMPY" or raw[6] not in (1, 2, 3):
        raise Refused(f"{path.name} is no .npy file")
    size = 2 if raw[6] == 1 else 4
    (length,) = struct.unpack("<H" if size == 2 else "<I", raw[8 : 8 + size])
    header = ast.literal_eval(raw[8 + size : 8 + size + length].decode("latin-1"))
    kinds = {"|u1": torch.uint8, "<f4": torch.float32}
    if header["descr"] not in kinds or header["fortran_order"]:
        raise Refused(f"{path.name} must hold uint8 or float32 in C order, got {header['descr']}")
    kind = kinds[header["descr"]]
    names = how["network_inputs"]
    if kind is not torch.uint8 and len(names) > 1:
        raise Refused(
            f"this network reads {', '.join(names)} together; give {path.name} as bytes, or call load() of"
            " model.py with a tensor for each"
        )
    wanted = list(how["shape"] if kind is torch.uint8 else how["network_shapes"][names[0]])
    shape = list(header["shape"])
    if shape not in (wanted, [shape[0] if shape else 0, *wanted]) or 0 in shape:
        raise Refused(f"{path.name} must have shape {wanted}, or a batch of that, got {shape}")
    flat = torch.frombuffer(bytearray(raw[8 + size + length :]), dtype=kind)
    return flat.reshape(shape if len(shape) > len(wanted) else [1, *shape])


def read_image(path: Path, how: dict[str, Any]) -> Any:
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise Refused("images are read with Pillow; install it: pip install pillow") from None
    try:
        with Image.open(path) as image:
            image.load()
            return pixels(ImageOps.exif_transpose(image), how).unsqueeze(0)
    except (OSError, ValueError) as error:
        raise Refused(f"{path.name} cannot be read as an image: {error}") from None


def pixels(image: Any, how: dict[str, Any]) -> Any:
    """The middle of a picture in the network's proportions, resized, as bytes (C, H, W). Transparent parts
    are black."""
    import torch
    from PIL import Image, ImageOps

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    channels, height, width = how["shape"][0], how["shape"][-2], how["shape"][-1]
    if channels not in (1, 3):
        raise Refused(f"this network reads {channels} channels; give it a .npy array instead")
    image = image.convert("RGB" if channels == 3 else "L")
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    flat = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return flat.reshape(height, width, channels).permute(2, 0, 1).contiguous()


def read_video(path: Path, how: dict[str, Any]) -> Any:
    """As many frames as the network reads, each at the middle of one of as many equal spans of time."""
    try:
        import av
        import PIL  # noqa: F401
        import torch
    except ImportError:
        raise Refused("videos are read with PyAV and Pillow; install them: pip install av pillow") from None
    try:
        wanted = frame_numbers(frame_times(av, path), how["shape"][1])
        found = {}
        with av.open(str(path)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number in wanted:
                    found[number] = pixels(frame.to_image(), how)
                if number >= max(wanted):
                    break
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        raise Refused(f"{path.name} cannot be read as a video: {error}") from None
    if not found:
        raise Refused(f"{path.name} holds no frame that can be decoded")
    shown = [
        found[max((known for known in found if known <= number), default=min(found))] for number in wanted
    ]
    return torch.stack(shown, dim=1).unsqueeze(0)


def frame_times(av: ModuleType, path: Path) -> list[float]:
    """The times of all frames, in order of showing; their numbers where the file has no times."""
    with av.open(str(path)) as container:
        packets = [packet.pts for packet in container.demux(video=0) if packet.size]
    if len(packets) < 2:
        raise ValueError(f"it has {len(packets)} frames, and a clip needs at least 2")
    return sorted(map(float, packets)) if None not in packets else [float(n) for n in range(len(packets))]


def frame_numbers(times: list[float], frames: int) -> list[int]:
    """Which frames to take; a video with fewer keeps them all and repeats its last."""
    if len(times) <= frames:
        return [*range(len(times)), *[len(times) - 1] * (frames - len(times))]
    step = (times[-1] - times[0]) / (len(times) - 1)
    span = times[-1] - times[0] + step
    middles = [times[0] + (number + 0.5) / frames * span for number in range(frames)]
    return [max(0, sum(time <= middle for time in times) - 1) for middle in middles]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
