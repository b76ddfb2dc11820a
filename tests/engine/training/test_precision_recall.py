"""Average precision against scikit-learn's, ties and empty classes included."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from searchengine.core.errors import BadGenome
from searchengine.training.metrics import score_logits
from searchengine.training.precision_recall import average_precision, mean_average_precision


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 60), levels=st.sampled_from([2, 5, 1000]))
def test_it_equals_scikit_learns(seed, count, levels):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, count) / levels  # few levels: many ties
    positive = rng.integers(0, 2, count)
    positive[int(rng.integers(count))] = 1
    assert average_precision(scores, positive) == pytest.approx(
        average_precision_score(positive, scores), abs=1e-12
    )


def test_the_mean_is_over_classes_that_have_a_positive_sample():
    rng = np.random.default_rng(0)
    scores, labels = rng.random((80, 6)), (rng.random((80, 6)) < 0.3).astype(np.uint8)
    labels[:, 4] = 0
    held = [0, 1, 2, 3, 5]
    expected = average_precision_score(labels[:, held], scores[:, held], average="macro")
    assert mean_average_precision(scores, labels) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ValueError, match="needs a class with a positive sample"):
        mean_average_precision(scores, np.zeros_like(labels))
    with pytest.raises(ValueError, match="at least one positive"):
        average_precision(scores[:, 0], labels[:, 4])


def test_a_part_of_several_labels_is_scored_by_it():
    rng = np.random.default_rng(1)
    logits = torch.from_numpy(rng.normal(size=(50, 4)).astype(np.float32))
    labels = torch.from_numpy((rng.random((50, 4)) < 0.4).astype(np.uint8))
    found = score_logits(logits, labels)
    assert set(found.metrics) == {"mean_average_precision", "loss"}
    assert found.metrics["mean_average_precision"] == pytest.approx(
        average_precision_score(labels.numpy(), logits.numpy(), average="macro"), abs=1e-9
    )
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels.float())
    assert found.metrics["loss"] == pytest.approx(float(loss))
    right = ((logits.numpy() > 0) == (labels.numpy() > 0)).all(1)
    assert (found.correct == right).all()
    with pytest.raises(BadGenome, match="same output"):
        score_logits(torch.zeros(50, 4), labels)
