"""What iTGM layers look like before and after training: small numbers for a page, no tensors."""

from __future__ import annotations

import torch
from torch import nn

from searchengine.core.jsontext import Json
from searchengine.layers.itgm import ITGM

MOST_NUMBERS = 800
MOST_LAYERS = 6
QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def inspect(network: nn.Module) -> dict[str, Json]:
    """By layer name: ``mu`` (M middles in frames), ``profiles`` (M rows over time) and ``tau`` (five
    quantiles over all channel pairs for every frame). Plain 2D layers have no temporal parameters and are
    left out."""
    found: dict[str, Json] = {}
    for name, module in network.named_modules():
        if isinstance(module, ITGM) and module.kernel[0] > 1:
            found[name] = _layer(module)
    return found


def before_and_after(before: dict[str, Json], after: dict[str, Json]) -> list[Json]:
    """The layers in order with both states, as many as fit a small page."""
    rows: list[Json] = []
    numbers = 0
    for name, now in after.items():
        numbers += 2 * (len(now["mu"]) * (1 + now["frames"]) + len(QUANTILES) * now["frames"])
        if rows and (numbers > MOST_NUMBERS or len(rows) == MOST_LAYERS):
            break
        rows.append(
            {"layer": name, "frames": now["frames"], "before": _without(before[name]), "after": _without(now)}
        )
    return rows


@torch.no_grad()
def _layer(module: ITGM) -> Json:
    frames = module.kernel[0]
    tau = module.mixture().reshape(-1, frames).double()
    levels = torch.tensor(QUANTILES, dtype=torch.float64, device=tau.device)
    middles = (frames - 1) * (torch.tanh(module.center) + 1) / 2
    return {
        "frames": frames,
        "mu": _rounded(middles.tolist()),
        "profiles": [_rounded(row) for row in module.temporal_profiles().tolist()],
        "tau": [_rounded(column) for column in torch.quantile(tau, levels, dim=0).T.tolist()],
    }


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 4) for value in values]


def _without(layer: Json) -> Json:
    return {name: value for name, value in layer.items() if name != "frames"}
