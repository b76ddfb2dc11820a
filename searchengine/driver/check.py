"""What the driver does not take on trust: a method's proposals and an evaluator's results."""

from __future__ import annotations

import math

from searchengine.core.errors import BrokenContract, InvalidResult
from searchengine.core.jobs import Proposal, Result
from searchengine.core.jsontext import dumps

LARGEST_FINDINGS = 256 * 1024


def check_proposal(proposal: Proposal, next_birth: int, *, closed: bool) -> None:
    """Raises ``BrokenContract`` when births are out of order, a subject was never born, the cost is no finite
    number of at least 0, or a search proposal comes after ``close``."""
    for offset, birth in enumerate(proposal.births):
        if birth.number != next_birth + offset:
            raise BrokenContract(f"expected birth {next_birth + offset} next, got {birth.number}")
        if any(not 0 <= parent < birth.number for parent in birth.parents):
            raise BrokenContract(
                f"parents of birth {birth.number} must be born before it, got {birth.parents}"
            )
    born = next_birth + len(proposal.births)
    if any(not 0 <= subject < born for subject in proposal.subjects):
        raise BrokenContract(f"subjects must be births below {born}, got {proposal.subjects}")
    if len(set(proposal.subjects)) != len(proposal.subjects):
        raise BrokenContract(f"a proposal names each subject once, got {proposal.subjects}")
    if not (math.isfinite(proposal.cost) and proposal.cost >= 0):
        raise BrokenContract(f"the cost of a proposal is a finite number of at least 0, got {proposal.cost}")
    if closed and (proposal.births or proposal.phase == "search"):
        raise BrokenContract("the search is closed: only its final phase, without births, may be proposed")


def check_result(result: Result, job: int, subjects: tuple[int, ...]) -> None:
    """Raises ``InvalidResult`` when a result is not one of that job, or cannot be stored."""
    if result.job != job:
        raise InvalidResult(f"expected the result of job {job}, got one of job {result.job}")
    if set(result.scores) != set(subjects):
        raise InvalidResult(
            f"expected scores of {sorted(subjects)}, got {sorted(result.scores)} for job {job}"
        )
    for subject, score in result.scores.items():
        wrong = [name for name, value in score.metrics.items() if not math.isfinite(value)]
        if wrong:
            raise InvalidResult(
                f"metrics must be finite; {', '.join(wrong)} of {subject} in job {job} are not"
            )
        if score.failure is not None and score.failure.kind == "bug":
            raise InvalidResult(
                f"job {job} failed by a bug ({score.failure.reason}); the run is broken, do not tell it"
            )
    size = len(dumps(result.findings).encode())
    if size > LARGEST_FINDINGS:
        raise InvalidResult(
            f"findings hold at most {LARGEST_FINDINGS} bytes, got {size} in job {job}; use an artifact"
        )
