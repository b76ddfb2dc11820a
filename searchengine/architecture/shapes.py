"""Shapes without the batch axis, names of their axes, and the arithmetic of sliding windows.

A shape is (C,) for a vector, (C, T) for a sequence, (C, H, W) for an image, (C, T, H, W) for a clip.
"""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.core.errors import InfeasibleArchitecture

Shape = tuple[int, ...]

AXES: dict[int, tuple[str, ...]] = {
    1: ("C",),
    2: ("C", "T"),
    3: ("C", "H", "W"),
    4: ("C", "T", "H", "W"),
}
LARGEST_SIZE = 2**31 - 1  # of one axis, one width, one kernel: beyond it nothing could be built


def positive(value: object, what: str, least: int = 1) -> int:
    """``value`` as an int of at least ``least``; raises :class:`InfeasibleArchitecture` naming ``what``."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST_SIZE:
        raise InfeasibleArchitecture(f"{what} must be a whole number of at least {least}, got {value!r}")
    return value


def checked_shape(value: object, what: str) -> Shape:
    """``value`` as a shape of 1 to 4 axes, each at least 1."""
    if not isinstance(value, (tuple, list)) or len(value) not in AXES:
        raise InfeasibleArchitecture(f"{what} must be a shape of 1 to 4 axes (channels first), got {value!r}")
    return tuple(
        positive(size, f"axis {axis} of {what}") for axis, size in zip(AXES[len(value)], value, strict=True)
    )


def per_axis(value: object, rank: int, what: str, least: int = 1) -> tuple[int, ...]:
    """One number for every spatial axis: an int is repeated ``rank`` times, a sequence must have that
    length."""
    if isinstance(value, int):
        return (positive(value, what, least),) * rank
    if not isinstance(value, (tuple, list)) or len(value) != rank:
        raise InfeasibleArchitecture(f"{what} must be one number or {rank} of them, got {value!r}")
    return tuple(positive(item, what, least) for item in value)


def spatial_rank(shape: Shape, what: str) -> int:
    """How many axes follow the channels: 1, 2 or 3; raises for a vector, which has nothing to slide over."""
    if len(shape) < 2:
        raise InfeasibleArchitecture(f"{what} needs at least one axis beside the channels, got shape {shape}")
    return len(shape) - 1


def window_output(
    shape: Shape,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    what: str,
    *,
    ceil: bool = False,
) -> tuple[int, ...]:
    """Sizes after a sliding window, an axis each: ``(size + 2·padding - kernel) // stride + 1``; with
    ``ceil`` a last window that only begins inside counts too (the division rounds up, as torch does it).

    Raises :class:`InfeasibleArchitecture` where the window is longer than the padded axis.
    """
    sizes = []
    for axis, size, k, s, p in zip(AXES[len(shape)][1:], shape[1:], kernel, stride, padding, strict=True):
        if size + 2 * p < k:
            raise InfeasibleArchitecture(
                f"{what}: a window of {k} is longer than axis {axis}, which is {size} with padding {p} on"
                " each side; take a shorter window or more padding"
            )
        windows = (size + 2 * p - k) // s + 1
        if ceil and (size + 2 * p - k) % s and windows * s < size + p:
            windows += 1
        sizes.append(windows)
    return tuple(sizes)


def spread(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """How far a kernel with gaps reaches, an axis each: ``dilation·(k - 1) + 1``."""
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def half(kernel: Sequence[int]) -> tuple[int, ...]:
    """Padding ``k // 2`` an axis: at stride 1 and odd k the size stays as it is."""
    return tuple(k // 2 for k in kernel)


def half_if_odd(kernel: Sequence[int]) -> tuple[int, ...]:
    """Padding ``k // 2`` for odd windows and 0 for even ones."""
    return tuple(k // 2 if k % 2 else 0 for k in kernel)


def axis_numbers(axes: object, shape: Shape, what: str) -> tuple[int, ...]:
    """Positions in ``shape`` of axes named C, T, H, W, ascending; raises for unknown or repeated names."""
    names = AXES[len(shape)]
    if (
        not isinstance(axes, (tuple, list))
        or not axes
        or len(set(axes)) != len(axes)
        or not set(axes) <= set(names)
    ):
        raise InfeasibleArchitecture(
            f"{what}: axes must be some of {', '.join(names)}, each once, got {axes!r}"
        )
    return tuple(sorted(names.index(axis) for axis in axes))
