"""A method in a folder outside the project, through the whole product: form, worker, socket, panels, export.

Nothing of the product knows its name; everything shown follows from what its folder declares.
"""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from searchengine.testing.example.hill_climbing.params import HillClimbingParams
from searchengine.testing.example.hill_climbing.spec import METHOD
from tests.browser.conftest import BIRTHS, launch, points
from webapp.config.var import HOME

pytestmark = [pytest.mark.browser, pytest.mark.live]


@pytest.fixture(scope="module")
def its_run() -> dict[str, int]:
    """The run that the first test launches and the others look at."""
    return {}


def test_the_product_does_not_know_its_name() -> None:
    names = (METHOD.slug, METHOD.title.lower(), METHOD.slug.replace("_", "-"))
    written = [
        path
        for folder in ("webapp", "static", "templates")
        for path in Path(HOME, folder).rglob("*")
        if path.suffix in (".py", ".html", ".js", ".css")
    ]
    assert len(written) > 100
    assert [path for path in written if any(name in path.read_text().lower() for name in names)] == []


def test_its_knobs_are_drawn_and_a_wrong_value_is_refused_beside_its_field(page: Page) -> None:
    page.goto("/launch/")
    page.get_by_role("link", name=METHOD.title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(METHOD.title)
    page.get_by_text("Every knob").click()
    for name, knob in HillClimbingParams.model_fields.items():
        field = page.locator(f"[name=param-{name}]")
        expect(field).to_be_visible()
        expect(field).to_have_attribute("placeholder", str(knob.default))
    page.get_by_label("Widest").fill("65")
    page.get_by_role("button", name="Launch").click()
    field = page.get_by_label("Widest")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = field.get_attribute("aria-describedby") or ""
    said = " ".join(page.locator(f"#{name}").inner_text() for name in described.split())
    assert "from 2 to 64" in said
    assert field.input_value() == "65"
    assert page.url.endswith(f"/launch/{METHOD.slug}/"), "a refused launch makes no run"


def test_a_real_worker_trains_it_and_the_first_point_comes_without_a_reload(
    page: Page, its_run: dict[str, int]
) -> None:
    its_run["id"] = launch(page, evaluations=8, name="Uphill", method=METHOD.title)
    page.evaluate("window.stayed = true")
    expect(page.locator("[data-line]")).to_have_text("live")
    page.wait_for_function(f"() => {BIRTHS}?.x.length > 0", timeout=60_000)
    expect(page.locator("[data-part=feed] .feed-row").first).to_be_visible()
    expect(page.locator("[data-part=best] svg.net")).to_be_visible()
    expect(page.locator('[data-run-state="finished"]')).to_be_visible(timeout=120_000)
    assert page.evaluate("window.stayed") is True
    assert points(page) == 8
    # What is still at work when a test ends is killed; a later test looks at the control.
    page.locator(".legend a", has_text="control").click()
    expect(page.locator('[data-run-state="finished"]')).to_be_visible(timeout=120_000)


def test_its_own_panel_stands_beside_the_shared_ones(page: Page, its_run: dict[str, int]) -> None:
    page.goto(f"/runs/{its_run['id']}/analysis/")
    for panel in (*METHOD.panels, "accuracy-parameters"):
        expect(page.locator(f"[data-panel={panel}][data-ready=yes]")).to_be_visible()
    expect(page.get_by_role("heading", name="Sizes on the way up")).to_be_visible()


def test_its_network_has_a_page_and_an_export_with_every_check_passed(
    page: Page, its_run: dict[str, int], tmp_path: Path
) -> None:
    page.goto(f"/runs/{its_run['id']}/")
    page.locator("[data-part=best] h3 a").click()
    expect(page.locator("svg.net .net-node").first).to_be_visible()
    expect(page.locator("#source-text")).to_contain_text("import torch")
    page.goto(f"/runs/{its_run['id']}/export/")
    page.get_by_role("button", name="Write and check the export").click()
    expect(page.locator('[data-export="ready"]')).to_be_visible(timeout=180_000)
    assert page.locator(".checks .passed").count() > 3
    assert page.locator(".checks .missed").count() == 0
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    waiting.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as packed:
        (genome,) = [name for name in packed.namelist() if name.endswith("genome.json")]
        assert f'"{METHOD.slug}"' in packed.read(genome).decode()


def test_its_control_searches_its_space_at_equal_cost(page: Page, its_run: dict[str, int]) -> None:
    page.goto(f"/runs/{its_run['id']}/")
    page.locator(".legend a", has_text="control").click()
    expect(page.locator('[data-run-state="finished"]')).to_be_visible(timeout=120_000)
    expect(page.locator("[data-part=best] svg.net")).to_be_visible()
