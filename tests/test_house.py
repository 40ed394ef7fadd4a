"""The house: names that nobody else owns, laws of import, pages that say what is true."""

import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

OURS = {"schema", "pipeline", "agents", "graph_store", "flows"}


def test_no_other_installed_distribution_owns_our_package_names() -> None:
    owners = {
        (Path(str(file)).parts[0], distribution.metadata["Name"])
        for distribution in distributions()
        for file in distribution.files or ()
        if Path(str(file)).parts[0] in OURS
    }
    assert {name for _, name in owners} <= {"chronokg"}


def test_imports_go_down_only() -> None:
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_there_is_nothing_at_the_top_level_but_what_belongs_there() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode != 0:
        pytest.skip("not a git checkout")
    allowed = OURS | {
        "tests", "docs", "benchmarks", "examples", ".ci", "docker-compose.yml", "pyproject.toml", "uv.lock", "README.md", "LICENSE",
        "Makefile", "CHANGELOG.md", ".gitignore", ".env.example",
    }  # fmt: skip
    assert {line.split("/")[0] for line in tracked.stdout.splitlines()} <= allowed


def test_links_in_the_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_compose_file_is_pinned_guarded_and_bound_to_this_machine() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert set(compose["services"]) == {"neo4j", "vllm", "prefect", "worker"}
    for name, service in compose["services"].items():
        assert re.search(r":v?\d", service["image"]), f"{name} is not pinned"
        assert "healthcheck" in service, f"{name} has no health check"
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ())), f"{name} listens to others"
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert "${NEO4J_PASSWORD:?" in text
    assert "${VLLM_API_KEY:?" in text
    assert compose["services"]["vllm"]["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]


def test_the_readme_program_runs_as_it_is_printed(tmp_path: Path) -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    code = program[1].replace('Path("my-graph")', f"Path({str(tmp_path / 'my-graph')!r})")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "closed by 'flecainide cause cardiac arrhythmias' because of DEMO:cast-1989" in done.stdout
    assert "[1] flecainide prevent cardiac arrhythmias" in done.stdout
