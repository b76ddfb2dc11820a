"""Pooling in two steps against torch's own pooling in one."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from searchengine.layers.pool import Pool


@given(
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**31),
)
@settings(max_examples=80, deadline=None)
def test_a_maximum_over_time_and_space_is_bit_for_bit_that_of_one_step(
    kernel: tuple[int, int, int], stride: tuple[int, int, int], many_ties: bool, ceil: bool, seed: int
) -> None:
    padding = tuple(k // 2 for k in kernel)
    clip = torch.randn(2, 3, 6, 5, 5, generator=torch.Generator().manual_seed(seed))
    if many_ties:
        clip = clip.round().relu()
    one, two = clip.clone().requires_grad_(), clip.clone().requires_grad_()
    expected = functional.max_pool3d(one, kernel, stride, padding, ceil_mode=ceil)
    pooled = Pool("max", kernel, stride, padding, ceil=ceil)(two)
    assert torch.equal(pooled, expected)
    slope = torch.randn(expected.shape, generator=torch.Generator().manual_seed(seed))
    expected.backward(slope)
    pooled.backward(slope)
    assert one.grad is not None
    assert two.grad is not None
    # Overlapping windows add up the same numbers, perhaps in another order.
    assert torch.equal(one.grad != 0, two.grad != 0)
    assert torch.allclose(one.grad, two.grad, atol=1e-5)


def test_an_average_counts_padding_only_when_told() -> None:
    image = torch.ones(1, 1, 4, 4)
    without = Pool("avg", (3, 3), (1, 1), (1, 1))(image)
    counting = Pool("avg", (3, 3), (1, 1), (1, 1), count_include_pad=True)(image)
    assert without[0, 0, 0, 0] == 1
    assert abs(counting[0, 0, 0, 0].item() - 4 / 9) < 1e-6


def test_sequences_and_images_are_pooled_too() -> None:
    assert Pool("max", (2,), (2,), (0,))(torch.arange(6.0).view(1, 1, 6)).flatten().tolist() == [1, 3, 5]
    image = torch.arange(16.0).view(1, 1, 4, 4)
    assert Pool("max", (2, 2), (2, 2), (0, 0))(image).flatten().tolist() == [5, 7, 13, 15]


def test_a_partial_last_window_counts_with_ceil_alone() -> None:
    sequence = torch.arange(5.0).view(1, 1, 5)
    assert Pool("max", (2,), (2,), (0,))(sequence).flatten().tolist() == [1, 3]
    assert Pool("max", (2,), (2,), (0,), ceil=True)(sequence).flatten().tolist() == [1, 3, 4]
