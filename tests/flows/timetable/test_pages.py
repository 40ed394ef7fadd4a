"""Prefect's own server, pages and worker: a person starts a deployment from its form, and sees what the run came to."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.timetable.own_server import HomesPrefect
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ
from tests.flows.scheduling.asked_server import answers_in, asked, documents_in, of_run, waited

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

PICTURES = os.environ.get("CHRONOKG_TEST_PICTURES")
"""Where the pictures of the documentation go, when they are to be made anew."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with HomesPrefect(folder / "prefect").running() as address:
        yield address


@pytest.fixture(scope="module")
def worker(server: str, folder: Path) -> Iterator[str]:
    """The deployments of prefect.yaml, and a worker for them in a folder where nothing of ours lies; the server's address."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    where = environ(HOME=str(folder), PREFECT_HOME=str(folder / "prefect"), PREFECT_API_URL=server, PYTHONPATH=path, DO_NOT_TRACK="1")
    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]
    (folder / "away").mkdir()
    for words in (["work-pool", "create", "chronokg", "--type", "process"], ["deploy", "--name", "incoming"]):
        subprocess.run([*prefect, *words], cwd=ROOT, env=where, check=True, timeout=200, capture_output=True)
    with (folder / "worker.log").open("wb") as log:
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "chronokg", "--name", "tests"]
        process = subprocess.Popen(command, cwd=folder / "away", env=where, stdout=log, stderr=log)
    yield server
    process.terminate()
    process.wait(60)


@pytest.mark.nightly
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (.ci/chromium.sh installs one)")
def test_a_deployment_is_started_from_its_form_and_its_run_shows_what_it_came_to(worker: str, folder: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    home = folder / ".chronokg"  # which is the one of prefect.yaml, for a user whose folder this is
    documents_in(folder)
    home.mkdir()
    (home / "chronokg.toml").write_text(f'graph = "memory:"\nmodel = "{answers_in(folder)}"\n')
    pages = worker.removesuffix("/api")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1180, "height": 900}, color_scheme="light")
        page.set_default_timeout(90_000)
        page.goto(f"{pages}/deployments")
        page.get_by_text("incoming", exact=True).first.click()
        page.get_by_role("button", name="Run", exact=True).first.click()
        page.get_by_text("Custom run").first.click()
        expect(page.get_by_text("Files or folders of documents.")).to_be_visible()
        page.locator("textarea").first.fill("~/papers.jsonl")
        page.mouse.wheel(0, -10_000)
        _picture(page, "prefect-form")
        page.get_by_role("button", name="Submit").click()
        run = waited(lambda: [r for r in asked(worker, "flow_runs") if r["state_type"] in {"COMPLETED", "FAILED", "CRASHED"}], 240)[0]
        assert (run["state_name"], run["state"]["message"]) == ("Completed", "all committed"), run["state"]
        assert run["parameters"]["parameters"]["paths"] == ["~/papers.jsonl"]
        page.goto(f"{pages}/runs/flow-run/{run['id']}")
        page.get_by_text("Artifacts", exact=True).last.click()
        expect(page.get_by_text("ingest-summary").first).to_be_visible()
        _picture(page, "prefect-run")
        left = {artifact["key"]: artifact["id"] for artifact in of_run(worker, "artifacts", run["id"])}
        page.goto(f"{pages}/artifacts/artifact/{left['ingest-summary']}")
        expect(page.get_by_text("What changed its mind")).to_be_visible()
        _picture(page, "prefect-artifact")
        page.goto(f"{pages}/artifacts/artifact/{left['ingest-picture']}")
        image = page.locator("img[src^='data:image/svg+xml']").first
        expect(image).to_be_visible()
        assert image.evaluate("each => each.naturalWidth") > 0
        browser.close()
    assert '"tail"' in chronokg("export", home=home)


def _picture(page: Any, name: str) -> None:
    page.wait_for_timeout(1500)
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))
