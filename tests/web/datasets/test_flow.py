"""A person adds optical flow to clips in the browser: a second set is prepared beside the first, in sight and
cancellable, and its page shows what came out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import dumps, loads
from searchengine.testing.data import TINY_CLIPS
from webapp.accounts.models import AuditEntry, Team, User
from webapp.accounts.roles import Role
from webapp.datasets.models import Dataset, DatasetState, FlowChoice
from webapp.datasets.services.add_flow import add_flow
from webapp.datasets.services.prepare import prepare
from webapp.datasets.services.prepare_again import prepare_again

pytestmark = pytest.mark.django_db(transaction=True)
READY, WAITING, CANCELLED = DatasetState.READY, DatasetState.WAITING, DatasetState.CANCELLED


@pytest.fixture
def clips(team: Team) -> Dataset:
    """A ready row of clips, 16 pixels a side, without flow."""
    return Dataset.objects.create(
        team=team,
        slug="clips",
        title="Clips",
        source="digits-motion16",
        state=READY,
        fingerprint=TINY_CLIPS.fingerprint,
        summary=dumps({**TINY_CLIPS.to_json(), "shape": [1, 8, 16, 16]}),
    )


@pytest.fixture
def imported(team: Team, tmp_path: Path) -> Dataset:
    """Real clips of 16 pixels a side, imported and prepared."""
    x = np.random.default_rng(0).integers(0, 255, (24, 5, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "moving.npz", x=x, y=np.arange(24) % 2)
    call_command("import_data", str(tmp_path / "moving.npz"))
    return Dataset.objects.get(slug="moving")


@pytest.fixture
def signed_in(client: Client, researcher: User) -> Client:
    client.force_login(researcher)
    return client


def test_flow_is_added_in_the_browser(signed_in: Client, imported: Dataset, researcher: User) -> None:
    page = signed_in.get("/data/moving/").content.decode()
    assert "Add optical flow" in page
    assert "from 12 pixels a side" in page
    answer = signed_in.post("/data/moving/flow/", {"method": "farneback"})
    assert (answer.status_code, answer["Location"]) == (302, "/data/moving-flow/")
    beside = Dataset.objects.get(slug="moving-flow")
    assert (beside.title, beside.source, beside.flow) == (
        "moving with optical flow",
        imported.source,
        "farneback",
    )
    assert (beside.state, beside.created_by, beside.team) == (WAITING, researcher, imported.team)
    entries = AuditEntry.objects.filter(object_id=beside.pk, actor=researcher).values_list(
        "action", flat=True
    )
    assert set(entries) == {"add-flow", "prepare"}
    waiting = signed_in.get("/data/moving-flow/").content.decode()
    assert 'data-preparation="waiting"' in waiting
    assert "js/refresh.js" in waiting
    assert "/data/moving-flow/cancel/" in waiting

    assert prepare(beside.pk)
    beside.refresh_from_db()
    assert beside.state == READY, beside.error
    assert beside.data_summary().flow
    assert beside.fingerprint != imported.fingerprint
    assert (settings.VAR / "data" / beside.fingerprint / "train.flow.npy").is_file()
    imported.refresh_from_db()
    assert not imported.data_summary().flow

    ready = signed_in.get("/data/moving-flow/").content.decode()
    assert "Optical flow (hue = direction, strength = speed)" in ready
    assert "Farnebäck; displacements up to 4 pixels a frame" in ready
    assert "window 5" in ready
    assert "Add optical flow" not in ready
    assert "js/refresh.js" not in ready
    for name in ("flow-class-0.png", "flow-class-1.png", "flow-wheel.png", "class-0.png"):
        assert f"/data/moving-flow/previews/{name}" in ready
        assert signed_in.get(f"/data/moving-flow/previews/{name}")["Content-Type"] == "image/png"
    first = signed_in.get("/data/moving/").content.decode()
    assert "Optical flow (hue" not in first
    assert 'href="/data/moving-flow/"' in first
    assert "Add optical flow" not in first


def test_a_set_that_brings_its_own_flow_shows_it(signed_in: Client, team: Team) -> None:
    made = Dataset.objects.create(
        team=team, slug="sixteen", title="Sixteen", source="digits-motion16", built_in=True
    )
    assert prepare(made.pk)
    page = signed_in.get("/data/sixteen/").content.decode()
    assert page.count("flow-class-") == 16
    assert page.count("/previews/class-") == 16
    assert "Add optical flow" not in page


def test_the_page_follows_the_preparation(signed_in: Client, clips: Dataset, researcher: User) -> None:
    beside = add_flow(user=researcher, dataset_id=clips.pk, method=FlowChoice.AUTO)
    rows = Dataset.objects.filter(pk=beside.pk)
    rows.update(state=DatasetState.PREPARING, doing="optical flow", progress=0.25)

    def part() -> str:
        answer = signed_in.get("/data/clips-flow/", headers={"accept": "application/json"})
        return answer.json()["parts"]["dataset"]

    assert 'value="0.25"' in part()
    assert "Optical flow" in part()
    assert signed_in.post("/data/clips-flow/cancel/")["Location"] == "/data/clips-flow/"
    assert rows.get().cancel_asked
    assert "ends within a second" in part()
    assert "/cancel/" not in part()


def test_a_waiting_one_is_cancelled_and_begins_anew(
    signed_in: Client, clips: Dataset, researcher: User
) -> None:
    beside = add_flow(user=researcher, dataset_id=clips.pk, method=FlowChoice.FARNEBACK)
    signed_in.post("/data/clips-flow/cancel/")
    beside.refresh_from_db()
    assert beside.state == CANCELLED
    assert "Prepare again" in signed_in.get("/data/clips-flow/").content.decode()
    assert "Add optical flow" in signed_in.get("/data/clips/").content.decode()
    assert signed_in.post("/data/clips/flow/", {"method": "dis"}).status_code == 302
    beside.refresh_from_db()
    assert (beside.state, beside.flow) == (WAITING, "dis")
    signed_in.post("/data/clips-flow/cancel/")
    signed_in.post("/data/clips-flow/prepare/")
    beside.refresh_from_db()
    assert beside.state == WAITING
    assert Dataset.objects.filter(slug="clips-flow").count() == 1


@pytest.mark.parametrize("method", ["", "tvl1", "none", "auto --seed 9", "<script>"])
def test_an_unknown_method_is_refused_on_the_page(signed_in: Client, clips: Dataset, method: str) -> None:
    answer = signed_in.post("/data/clips/flow/", {"method": method})
    assert answer.status_code == 422
    assert "Choose one of the methods." in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    assert not Dataset.objects.exclude(pk=clips.pk).exists()


@pytest.mark.parametrize(
    ("changes", "method", "words"),
    [
        ({"shape": [1, 8, 8, 8]}, "dis", "DIS needs frames of at least 12 pixels a side, these have 8"),
        ({"flow": True}, "auto", "has optical flow already"),
        ({"modality": "images", "shape": [1, 16, 16]}, "auto", "holds images"),
    ],
)
def test_what_cannot_have_flow_is_refused_in_words(
    signed_in: Client, clips: Dataset, changes: dict[str, object], method: str, words: str
) -> None:
    Dataset.objects.filter(pk=clips.pk).update(summary=dumps({**loads(clips.summary), **changes}))
    answer = signed_in.post("/data/clips/flow/", {"method": method})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Dataset.objects.exclude(pk=clips.pk).exists()


def test_one_that_is_not_ready_is_refused_in_words(signed_in: Client, clips: Dataset) -> None:
    Dataset.objects.filter(pk=clips.pk).update(state=WAITING)
    answer = signed_in.post("/data/clips/flow/", {"method": "auto"})
    assert answer.status_code == 422
    assert "is not ready yet" in answer.content.decode()


def test_asked_twice_there_is_one(clips: Dataset, researcher: User) -> None:
    add_flow(user=researcher, dataset_id=clips.pk, method=FlowChoice.AUTO)
    with pytest.raises(DataRefused, match="has 'Clips with optical flow' already"):
        add_flow(user=researcher, dataset_id=clips.pk, method=FlowChoice.DIS)
    assert Dataset.objects.get(slug="clips-flow").flow == "auto"


def test_a_set_of_that_name_from_elsewhere_is_left_alone(clips: Dataset, researcher: User) -> None:
    other = Dataset.objects.create(
        team=clips.team, slug="clips-flow", title="Mine", source="/else", state=DatasetState.FAILED
    )
    with pytest.raises(DataRefused, match="has 'Mine' already"):
        add_flow(user=researcher, dataset_id=clips.pk, method=FlowChoice.AUTO)
    other.refresh_from_db()
    assert (other.flow, other.state) == ("", DatasetState.FAILED)


def test_long_names_stay_within_their_columns(clips: Dataset, researcher: User) -> None:
    Dataset.objects.filter(pk=clips.pk).update(slug="s" * 80, title="t" * 160)
    beside = add_flow(user=researcher, dataset_id=clips.pk, method=FlowChoice.AUTO)
    assert (len(beside.slug), len(beside.title)) == (80, 160)
    assert beside.slug.endswith("-flow")


def test_viewers_look_and_strangers_learn_nothing(
    client: Client, clips: Dataset, team: Team, person: Callable[..., User], stranger: User
) -> None:
    viewer = person(team, Role.VIEWER)
    beside = add_flow(user=person(team, Role.RESEARCHER), dataset_id=clips.pk, method=FlowChoice.AUTO)
    deeds = {
        "/data/clips/flow/": {"method": "auto"},
        "/data/clips-flow/cancel/": {},
        "/data/clips-flow/prepare/": {},
    }
    for user in (viewer, stranger):
        client.force_login(user)
        for address, sent in deeds.items():
            assert client.post(address, sent).status_code == 403
            assert client.get(address).status_code == 405
        for deed in (
            lambda user=user: add_flow(user=user, dataset_id=clips.pk, method=FlowChoice.AUTO),
            lambda user=user: prepare_again(user=user, dataset_id=beside.pk),
        ):
            with pytest.raises(PermissionDenied):
                deed()
    assert client.get("/data/clips-flow/").status_code == 403
    client.force_login(viewer)
    page = client.get("/data/clips/").content.decode() + client.get("/data/clips-flow/").content.decode()
    assert "<form" not in page.split('id="main"')[1].split("</main>")[0]
    client.logout()
    for address, sent in deeds.items():
        assert client.post(address, sent).status_code == 302
        assert client.post(address, sent)["Location"].startswith("/signin/")
    beside.refresh_from_db()
    assert beside.state == WAITING


def test_forms_of_another_page_are_not_taken(clips: Dataset, researcher: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(researcher)
    assert client.post("/data/clips/flow/", {"method": "auto"}).status_code == 403
    assert not Dataset.objects.filter(slug="clips-flow").exists()


def test_an_import_may_ask_for_flow(team: Team, tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 255, (12, 4, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(12) % 2)
    call_command("import_data", str(tmp_path / "a.npz"), "--flow", "dis")
    made = Dataset.objects.get(slug="a")
    assert (made.flow, made.data_summary().flow) == ("dis", True)
    manifest = loads((settings.VAR / "data" / made.fingerprint / "manifest.json").read_bytes())
    assert manifest["preparation"]["flow"]["method"] == "dis"


def test_a_table_with_several_labels_says_so_and_lists_what_is_missing(
    signed_in: Client, team: Team, tmp_path: Path
) -> None:
    from PIL import Image

    rows = ["path,labels"]
    for number in range(12):
        Image.new("RGB", (8, 8), (number * 20, 0, 0)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{'a;b' if number % 2 else 'b'}")
    (tmp_path / "pets.csv").write_text("\n".join([*rows, "gone.png,a"]))
    call_command("import_data", str(tmp_path / "pets.csv"), "--name", "Pets")
    page = signed_in.get("/data/pets/").content.decode()
    assert "several labels a sample" in page
    assert "gone.png: is not there" in page


def test_the_api_says_flow_and_labels(signed_in: Client, clips: Dataset, researcher: User) -> None:
    beside = add_flow(user=researcher, dataset_id=clips.pk, method=FlowChoice.AUTO)
    said = [signed_in.get(f"/api/v1/datasets/{one.pk}/").json() for one in (clips, beside)]
    assert [(one["flow"], one["labels"]) for one in said] == [(False, "single"), (True, "")]
