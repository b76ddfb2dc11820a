"""Statistics of normalisation taken anew: which batches count, and how much."""

from __future__ import annotations

import pytest
import torch

from searchengine.layers.norm import Norm
from searchengine.training.recalibration import recalibrate


def batches(count: int) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(16, 3, 4, 4, generator=rng) * 2 + 5 for _ in range(count)]


def test_one_batch_gives_exactly_its_own_statistics() -> None:
    norm = Norm(3)
    norm.running_mean.fill_(99.0)
    (x,) = batches(1)
    recalibrate(norm, norm, [x])
    torch.testing.assert_close(norm.running_mean, x.mean((0, 2, 3)))
    torch.testing.assert_close(norm.running_var, x.transpose(0, 1).flatten(1).var(1))
    assert norm.momentum == 0.1
    assert not norm.training


def test_without_momentum_all_batches_count_alike() -> None:
    norm = Norm(3)
    seen = batches(5)
    recalibrate(norm, norm, seen)
    torch.testing.assert_close(norm.running_mean, torch.stack([x.mean((0, 2, 3)) for x in seen]).mean(0))


@pytest.mark.parametrize(("count", "share"), [(50, 0.99485), (4, 0.3439)])
def test_with_momentum_the_first_statistics_fade(count: int, share: float) -> None:
    """1 - 0.9^n of the mean is new; four batches would leave two thirds of what stood there before."""
    norm = Norm(3)
    recalibrate(norm, norm, [torch.full((8, 3, 2, 2), 10.0)] * count, momentum=0.1)
    assert (norm.running_mean / 10).tolist() == pytest.approx([share] * 3, abs=1e-4)


def test_weights_stay_and_a_stop_leaves_momentum_as_it_was() -> None:
    norm = Norm(3)
    before = norm.weight.detach().clone()

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        recalibrate(norm, norm, batches(1), momentum=None, between=stop)
    assert norm.momentum == 0.1
    assert torch.equal(norm.weight, before)
    assert norm.weight.grad is None
