"""What an export is made of, read from a run's rows: the JSON that the engine's exporter takes."""

from __future__ import annotations

from django.conf import settings

from searchengine.core.jsontext import Json, loads
from searchengine.driver.documents import files_of, latency_of
from searchengine.jobs.store import DamagedArtifact, MissingArtifact, Store
from webapp.exports.services.ask import ExportRefused
from webapp.plots.picture_file import picture_file as svg_file
from webapp.searches.documents import documents
from webapp.searches.models import Evaluation, Genome, Score, SearchRun
from webapp.searches.pages.pictures import trained_picture
from webapp.searches.states import EvaluationState

MOST_ANCESTORS = 10_000


def specification(run: SearchRun, genome: Genome | None = None, test: Json | None = None) -> Json:
    """Of one network, or (``genome`` None) of what the search found; ``test`` is what the test part said of
    it. Raises ``ExportRefused`` in words when the rows or the store do not hold what is needed."""
    members = members_of(run, genome)
    outcome = run.outcome_json if genome is None else None
    files = _documents(run)
    described = [_member(run, files, birth, job, weights) for birth, job, weights in members]
    plan = loads(run.plan)
    return {
        "kind": outcome["kind"] if outcome else "network",
        "members": described,
        "data": plan["data"],
        "preparation": _preparation(plan["data"]["fingerprint"]),
        "lineage": _ancestry(run, [birth for birth, _, _ in members]),
        "run": {
            "name": run.name,
            "run": run.pk,
            "method": run.method,
            "params": run.params_json,
            "seed": run.seed,
            "window": run.window,
            "evaluations": run.evaluations_done,
            "reused": run.reused,
            "births": run.births,
        },
        "recipe": plan["recipe"],
        "metrics": outcome["metrics"] if outcome else {},
        "review": "Not reviewed.",
        **({"test": test} if test else {}),
    }


def members_of(run: SearchRun, genome: Genome | None) -> list[tuple[int, int, str]]:
    """Birth, job and weights of ``genome``'s newest training, or of each network the search found. Raises
    ``ExportRefused``."""
    if genome is not None:
        return [_last_training(genome)]
    outcome = run.outcome_json
    if not outcome or not outcome["members"]:
        raise ExportRefused("this search has found nothing yet; export it once a candidate has a fitness")
    members = outcome["members"][:1] if outcome["kind"] == "network" else outcome["members"]
    missing = [member["birth"] for member in members if member["weights"] is None]
    if missing:
        raise ExportRefused(f"birth {missing[0]} was never trained, so there are no weights to export")
    return [(member["birth"], member["job"], member["weights"]) for member in members]


def _last_training(genome: Genome) -> tuple[int, int, str]:
    """The newest evaluation of a birth whose weights are still kept."""
    rows = Evaluation.objects.filter(
        run_id=genome.run_id, subjects__contains=[genome.number], state=EvaluationState.TOLD
    ).order_by("-number")
    store = Store(settings.STORE)
    for row in rows:
        weights = row.engine_result().artifacts.get("weights")
        if weights is not None and store.has(weights):
            return genome.number, row.number, weights
    raise ExportRefused(
        f"no weights of birth {genome.number} are kept any more; those of the best and of the last hour are"
    )


def _member(run: SearchRun, files: dict[str, str], birth: int, job: int, weights: str) -> Json:
    row = Evaluation.objects.get(run=run, number=job)
    made = row.engine_job()
    score = Score.objects.filter(evaluation=row, genome__number=birth, genome__run=run).first()
    try:
        path = Store(settings.STORE).path(weights, check=True)
    except MissingArtifact:
        raise ExportRefused(
            f"the weights of birth {birth} are gone from the store; train that genome again"
        ) from None
    born = Genome.objects.get(run=run, number=birth)
    return {
        "genome": born.genome_json,
        "space": made.evaluator,
        "space_params": made.arguments.get("space_params", {}),
        "weights": str(path),
        "birth": birth,
        "metrics": score.metrics_json if score else {},
        "fidelity": made.fidelity.to_json(),
        "files": {**_picture(run, born, row), **files},
        "latency_ms": latency_of(run.progress_json, birth),
    }


def _picture(run: SearchRun, birth: Genome, evaluation: Evaluation) -> dict[str, str]:
    """The picture that the run's method draws, with what the exported training found."""
    picture = trained_picture(run, birth, evaluation)
    return {"picture.svg": svg_file(picture)} if picture is not None else {}


def _documents(run: SearchRun) -> dict[str, str]:
    """The run's documents, which lie beside every network."""
    try:
        return files_of(documents(run))
    except (MissingArtifact, DamagedArtifact) as error:
        raise ExportRefused(f"a document of the run cannot be read: {error}") from None


def _preparation(fingerprint: str) -> Json:
    """How bytes become a network's input, from the prepared set's own manifest."""
    try:
        manifest = loads((settings.VAR / "data" / fingerprint / "manifest.json").read_bytes())
    except (OSError, ValueError):
        raise ExportRefused("the prepared data of this run is gone; prepare the data set again") from None
    wanted = {name: manifest[name] for name in ("scale", "offset", "mean", "std")}
    how = manifest["preparation"]
    flow = how.get("flow")  # settings, or a word where there is none
    return {**wanted, "flow": flow if isinstance(flow, dict) else None, "how": how}


def _ancestry(run: SearchRun, births: list[int]) -> list[Json]:
    """Records of these births and their ancestors, in order of birth; one query a generation."""
    found: dict[int, Genome] = {}
    left = set(births)
    while left and len(found) < MOST_ANCESTORS:
        rows = Genome.objects.filter(run=run, number__in=left)
        found.update({row.number: row for row in rows})
        left = {parent for row in rows for parent in loads(row.parent_numbers)} - found.keys()
    return [_record(found[number]) for number in sorted(found)]


def _record(genome: Genome) -> Json:
    return {
        "number": genome.number,
        "genome": genome.genome_json,
        "key": genome.key,
        "parents": loads(genome.parent_numbers),
        "operator": genome.operator,
        "changes": genome.changes_json,
        "cycle": genome.cycle,
        "fitness": genome.fitness,
    }
