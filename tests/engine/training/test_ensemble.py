"""An ensemble is the mean of its members' logits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from searchengine.core.errors import BadGenome
from searchengine.data.prepared import PreparedData
from searchengine.training.candidate import train_candidate
from searchengine.training.ensemble import EnsembleMember, member_logits, score_ensemble
from searchengine.training.metrics import default_top_k, pack_bits, score_logits, unpack_bits
from searchengine.training.schedules import Schedule
from tests.engine.training.kit import make_context, tiny_network


def test_mean_logits_are_scored_beside_each_member(digits: PreparedData, tmp_path: Path) -> None:
    members = []
    for seed in (1, 2):
        context = make_context(digits, tmp_path / str(seed), seed=seed)
        context._store = make_context(digits, tmp_path)._store
        architecture = tiny_network(context.setting, 8 * seed)
        trained = train_candidate(context, architecture, Schedule(steps=60, learning_rate=0.2))
        assert trained.weights is not None
        members.append(EnsembleMember(architecture, trained.weights))
        alone = score_ensemble(context, members[-1:])
        assert alone.metrics["accuracy"] == pytest.approx(trained.metrics["accuracy"])
        assert alone.correct == trained.correct
    context = make_context(digits, tmp_path)
    both = score_ensemble(context, members)
    mean = (member_logits(context, members[0]) + member_logits(context, members[1])) / 2
    wanted = (mean.argmax(1).numpy() == digits.validation.y).mean()
    assert both.metrics["accuracy"] == both.metrics["fitness"] == pytest.approx(wanted)
    assert len(both.members) == 2
    assert both.metrics["parameters"] == sum(member.architecture.parameters for member in members)


def test_scores_by_hand() -> None:
    logits = torch.tensor([[3.0, 2.0, 1.0], [0.0, 1.0, 2.0], [1.0, 5.0, 2.0], [2.0, 1.0, 0.0]])
    scored = score_logits(logits, torch.tensor([0, 1, 2, 2]), top_k=2)
    assert scored.metrics["accuracy"] == 0.25
    assert scored.metrics["top_k"] == 0.75
    assert scored.correct.tolist() == [True, False, False, False]
    assert (default_top_k(8), default_top_k(20), default_top_k(2)) == (2, 5, 2)


@pytest.mark.parametrize(
    ("logits", "code"), [(torch.ones(4, 3), "constant_output"), (torch.full((4, 3), torch.nan), "nan")]
)
def test_useless_logits_are_refused(logits: torch.Tensor, code: str) -> None:
    with pytest.raises(BadGenome) as failed:
        score_logits(logits, torch.zeros(4, dtype=torch.long))
    assert failed.value.code == code


def test_bits_survive_their_text() -> None:
    correct = torch.rand(3203) < 0.5
    text = pack_bits(correct.numpy())
    assert len(text) <= 540
    assert (unpack_bits(text, 3203) == correct.numpy()).all()
