"""``claims``: measure what a method claims and print both sides, seeds, interval, cost and verdict."""

from __future__ import annotations

import argparse
from pathlib import Path

from searchengine.core.errors import UnknownName
from searchengine.core.jsontext import dumps
from searchengine.data.prepared import default_data_root
from searchengine.driver.claims import Bench, Claim, NotMeasurable, Verdict, claims_of, judge, measure


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("method", help="slug of a method")
    parser.add_argument("--only", metavar="CLAIM", help="one claim by its slug")
    parser.add_argument("--seeds", type=int, help="how many seeds; default: the claim's")
    parser.add_argument("--list", action="store_true", help="say what is claimed and measure nothing")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where measurements are kept; default: claims beside the data"
    )
    parser.add_argument("--workers", type=int, default=1, help="training processes; default: 1")
    parser.add_argument("--device", default="cpu", help="torch device; default: cpu")
    parser.add_argument(
        "--data-root", type=Path, help="folder of prepared sets; default: data in EVOSCOPE_VAR or var"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a verdict")
    parser.set_defaults(command=command)


def command(chosen: argparse.Namespace) -> int:
    found = _chosen(claims_of(chosen.method), chosen.only)
    if chosen.list:
        for claim in found:
            print(
                f"{claim.slug:28} {claim.statement}"
                f" ({claim.first} against {claim.second}, {claim.seeds} seeds)"
            )
        return 0
    data_root = chosen.data_root or default_data_root()
    folder = chosen.out or data_root.parent / "claims" / chosen.method
    bench = Bench(folder, chosen.workers, data_root, chosen.device)
    failed = False
    for claim in found:
        try:
            verdict = _verdict(claim, bench, chosen.seeds, quiet=chosen.json)
        except NotMeasurable as reason:
            skipped = {"claim": claim.slug, "skipped": str(reason)}
            print(dumps(skipped) if chosen.json else f"{claim.slug}: skipped, {reason}", flush=True)
            continue
        failed |= verdict.outcome == "contradicted"
        print(dumps(verdict._asdict()) if chosen.json else in_words(claim, verdict), flush=True)
    return 1 if failed else 0


def _verdict(claim: Claim, bench: Bench, seeds: int | None, *, quiet: bool) -> Verdict:
    measured = []
    for name, seed, value in measure(claim, bench, seeds):
        measured.append((name, seed, value))
        if not quiet:
            print(f"{claim.slug}: {name}, seed {seed}: {value.value:.4f}, cost {value.cost:.4g}", flush=True)
    return judge(claim, measured)


def in_words(claim: Claim, verdict: Verdict) -> str:
    """Both sides, seeds, interval, cost, verdict."""
    if verdict.interval is None:
        sure = "no interval from one seed"
    else:
        sure = f"95 % interval {verdict.interval[0]:+.4f} to {verdict.interval[1]:+.4f}"
    return (
        f"{claim.statement}\n"
        f"  {claim.first}: {verdict.first:.4f}   {claim.second}: {verdict.second:.4f}   ({claim.unit},"
        f" {verdict.seeds} seeds)\n"
        f"  difference {verdict.difference:+.4f}, {sure}; claimed: above {claim.margin:+.4f}\n"
        f"  cost {verdict.cost[0]:.4g} against {verdict.cost[1]:.4g}: the claim {_WORDS[verdict.outcome]}"
    )


_WORDS = {
    "reproduced": "is reproduced",
    "not reproduced": "is not reproduced at this scale",
    "contradicted": "is contradicted",
}


def _chosen(claims: tuple[Claim, ...], only: str | None) -> tuple[Claim, ...]:
    if only is None:
        return claims
    found = tuple(claim for claim in claims if claim.slug == only)
    if not found:
        raise UnknownName(
            f"there is no claim {only!r}; there are {', '.join(claim.slug for claim in claims)}"
        )
    return found
