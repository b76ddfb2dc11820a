"""What training minimises."""

from __future__ import annotations

from math import log

import torch.nn.functional as F
from torch import Tensor


def classification_loss(logits: Tensor, targets: Tensor, *, several: bool) -> Tensor:
    """Mean loss in nats of logits (B, classes) against soft targets (B, classes).

    One class a sample: cross-entropy of the softmax. Several: binary cross-entropy of the sigmoids, averaged
    over samples and classes."""
    if several:
        return F.binary_cross_entropy_with_logits(logits, targets)
    return F.cross_entropy(logits, targets)


def blind_loss(classes: int, *, several: bool) -> float:
    """The loss of who answers the same to everything, not knowing how often each class comes."""
    return log(2) if several else log(max(classes, 2))
