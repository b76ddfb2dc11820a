"""Video files to clips of a fixed length: real containers, opened by an allow-listed demuxer from a file
alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from searchengine.data.manifest import Colour
from searchengine.data.pictures import squared

SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".ogv"})
MOST_PIXELS = 4096 * 2304
MOST_FRAMES = 20_000
MOST_SECONDS = 60.0
# fmt: off
_DECODERS = frozenset({
    "av1", "dvvideo", "ffv1", "flv", "h263", "h264", "hevc", "huffyuv", "libdav1d", "libvpx", "libvpx-vp9",
    "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v2", "msmpeg4v3", "msmpeg4", "png", "prores",
    "rawvideo", "theora", "vp8", "vp9",
})
# fmt: on


class UnreadableVideo(Exception):
    """A file is no video we read; the message says why."""


class VideoHeader(NamedTuple):
    """Width and height in pixels, and the times of all frames in seconds, in order of showing; without times
    in the file, their numbers."""

    width: int
    height: int
    times: NDArray[np.float64]


class Clip(NamedTuple):
    """(C, T, side, side), and what was repaired to get it, in words (empty: nothing)."""

    frames: NDArray[np.uint8]
    repair: str


def read_video_header(path: Path) -> VideoHeader:
    """Size and frame times from the container, nothing decoded. Raises ``UnreadableVideo``."""
    with _opened(path) as (container, stream):
        times: list[float | None] = []
        for packet in container.demux(stream):
            if packet.size:
                times.append(None if packet.pts is None else float(packet.pts))
            if len(times) > MOST_FRAMES:
                raise UnreadableVideo(f"has more than {MOST_FRAMES} frames; cut it into clips")
        known = [value for value in times if value is not None]
        order = np.sort(known) if len(known) == len(times) else np.arange(len(times))
        return VideoHeader(stream.codec_context.width, stream.codec_context.height, order.astype(np.float64))


def read_clip(path: Path, frames: int, side: int, colour: Colour) -> Clip:
    """``frames`` frames spread uniformly over the video's time, each the middle square resized to ``side``.

    A video with fewer frames keeps them all and repeats its last. Raises ``UnreadableVideo``.
    """
    header = read_video_header(path)
    if len(header.times) < 2:
        raise UnreadableVideo(f"has {len(header.times)} frames; a clip needs at least 2")
    wanted = spread(header.times, frames)
    pictures = _decode(path, set(wanted), side, colour)
    if not pictures:
        raise UnreadableVideo("holds no frame that can be decoded")
    last = max(pictures)
    repairs = []
    if len(header.times) < frames:
        repairs.append(f"{len(header.times)} frames, padded to {frames} by repeating the last")
    if missing := [number for number in wanted if number not in pictures]:
        repairs.append(f"{len(set(missing))} frames could not be decoded, their neighbours stand for them")
    chosen = [pictures.get(number, pictures[_before(number, pictures, last)]) for number in wanted]
    return Clip(np.stack(chosen, axis=1), "; ".join(repairs))


def spread(times: NDArray[np.float64], frames: int) -> list[int]:
    """Numbers of ``frames`` frames: the shown one at the middle of each of as many equal spans of time."""
    if len(times) <= frames:
        return [*range(len(times)), *[len(times) - 1] * (frames - len(times))]
    step = (times[-1] - times[0]) / (len(times) - 1)
    middles = times[0] + (np.arange(frames) + 0.5) / frames * (times[-1] - times[0] + step)
    shown = np.searchsorted(times, middles, side="right") - 1
    return [int(number) for number in np.clip(shown, 0, len(times) - 1)]


def _before(number: int, pictures: dict[int, Any], last: int) -> int:
    earlier = [known for known in pictures if known < number]
    return max(earlier) if earlier else min(pictures, default=last)


def _decode(path: Path, wanted: set[int], side: int, colour: Colour) -> dict[int, NDArray[np.uint8]]:
    pictures: dict[int, NDArray[np.uint8]] = {}
    deadline = time.monotonic() + MOST_SECONDS
    with _opened(path) as (container, stream):
        try:
            for number, frame in enumerate(container.decode(stream)):
                if number in wanted:
                    _check_size(frame.width, frame.height)
                    pictures[number] = squared(frame.to_image(), side, colour)
                if number >= max(wanted):
                    break
                if time.monotonic() > deadline:
                    raise UnreadableVideo(
                        f"takes more than {MOST_SECONDS:.0f} seconds to decode; cut it into clips"
                    )
        except av.error.FFmpegError as error:
            if not pictures:
                raise UnreadableVideo(f"cannot be decoded ({error})") from error
    return pictures


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    try:
        container = av.open(
            f"file:{path}",
            format=_demuxer(path),
            options={"protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise UnreadableVideo(f"cannot be opened ({error})") from error
    with container:
        if not container.streams.video:
            raise UnreadableVideo("holds no video stream")
        stream = container.streams.video[0]
        context = stream.codec_context
        if context is None or context.name not in _DECODERS:
            raise UnreadableVideo(
                f"is coded as {context.name if context else 'something unknown'}, which is not read"
            )
        _check_size(context.width, context.height)
        try:
            yield container, stream
        except av.error.FFmpegError as error:
            raise UnreadableVideo(f"cannot be read ({error})") from error


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise UnreadableVideo(
            f"claims {width}×{height} pixels; at most {MOST_PIXELS / 1e6:.1f} million are read"
        )


def _demuxer(path: Path) -> str:
    """The demuxer by the file's first bytes, never by its name: a playlist called .mp4 opens nothing."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"):
        return "mov"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:4] == b"OggS":
        return "ogg"
    raise UnreadableVideo("is no MP4, WebM, Matroska, AVI or Ogg video")
