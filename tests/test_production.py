"""What runs in production: the compose file, the image of the worker, and what they ask of who sets them up."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
ONCE = {"deployments"}
"""Services that do their work and end."""

OURS = {"deployments", "worker"}
"""Services of our own image, which brings its check."""

BARE = {"collector"}
"""Services whose image holds no command that could ask how they are: whoever fetches from them tells."""

VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:?[-?])?")


def test_the_services_are_those_that_a_deployment_needs() -> None:
    watching = {"collector", "prometheus", "grafana"}
    assert set(SERVICES) == {"neo4j", "vllm", "postgres", "prefect", "deployments", "worker"} | watching
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["watching"]} == watching


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_checked_bounded_and_bound_to_this_machine(name: str) -> None:
    service = SERVICES[name]
    image = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", service["image"])
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", image), "no tag of one version"
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ())), "listens to others"
    assert re.search(r"\d[MG]\b", service["deploy"]["resources"]["limits"]["memory"]), "no ceiling of memory"
    assert service["restart"] == ("on-failure:5" if name in ONCE else "unless-stopped")
    assert service["logging"]["options"]["max-size"], "its log has no ceiling"
    if name in BARE:
        assert service["healthcheck"] == {"disable": True}
    elif name not in OURS:
        assert {"test", "interval", "timeout", "retries", "start_period"} <= service["healthcheck"].keys()


def test_a_service_is_healthy_only_when_it_works() -> None:
    tests = {name: " ".join(service["healthcheck"]["test"]) for name, service in SERVICES.items() if name not in OURS | BARE}
    asked = {
        "neo4j": "RETURN 1", "vllm": "/v1/models", "postgres": "SELECT 1", "prefect": "/api/ready",
        "prometheus": "promtool query", "grafana": '"database"',
    }  # fmt: skip
    assert {name: what in tests[name] for name, what in asked.items()} == dict.fromkeys(tests, True)
    assert "--with-healthcheck" in CONTAINERFILE
    assert "localhost:8080/health" in CONTAINERFILE


def test_who_waits_for_another_waits_until_that_one_works_or_is_done() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_completed_successfully" if other in ONCE else "service_healthy"}, f"{name} on {other}"
    assert SERVICES["worker"]["depends_on"].keys() >= {"deployments", "neo4j", "vllm", "prefect"}


def test_secrets_are_asked_for_and_every_choice_has_a_line_in_the_example() -> None:
    text = re.sub(r"#.*", "", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    example = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    used: dict[str, str] = dict(VARIABLE.findall(text))
    assert {name for name, how in used.items() if how == ":?"} == {"NEO4J_PASSWORD", "VLLM_API_KEY", "POSTGRES_PASSWORD", "DOCUMENTS"}
    assert all(used.values()), "a variable without a default, that is not asked for either"
    assert {name for name, how in used.items() if how == ":?" or "PASSWORD" in name or "KEY" in name or "TOKEN" in name} <= example
    assert example <= used.keys()
    filled = re.findall(r"^(\w*(?:PASSWORD|KEY|TOKEN))=(.+)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert filled == [], "a secret that everybody has"


def test_what_is_kept_lies_in_named_volumes_and_what_is_mounted_is_there() -> None:
    mounts = [mount.split(":") for service in SERVICES.values() for mount in service.get("volumes", ()) if not mount.startswith("${")]
    files = [ROOT / source for source, *_ in mounts if source.startswith("./")]
    assert [file for file in files if not file.exists()] == []
    assert {source for source, *_ in mounts if not source.startswith("./")} == set(COMPOSE["volumes"])
    assert all(how == ["ro"] for source, _, *how in mounts if source.startswith("./"))


def test_the_image_is_built_from_the_lock_and_run_by_nobody_in_particular() -> None:
    stages = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    assert stages
    assert all(re.search(r":\d+\.\d+\.\d+-slim", stage) for stage in stages)
    assert CONTAINERFILE.count("uv sync --frozen") == 2
    assert "uv sync" not in CONTAINERFILE.rpartition("FROM ")[2], "something is installed where it runs"
    (uid,) = re.findall(r"--uid (\d+)", CONTAINERFILE)
    assert int(uid) >= 1000
    assert re.search(r"^USER chronokg$", CONTAINERFILE, re.MULTILINE)
    (made,) = re.findall(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert f"uv=={made}" in CONTAINERFILE


def test_the_builder_gets_what_the_image_copies_and_nothing_else() -> None:
    sources = {source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE) for source in line.split()}
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == sources
    wheel = re.search(r"^packages = \[(.+)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert wheel is not None
    assert set(re.findall(r'"(\w+)"', wheel[1])) <= sources


def test_compose_itself_takes_the_file(tmp_path: Path) -> None:
    compose = next(filter(_works, (["docker", "compose"], ["docker-compose"])), None)
    if compose is None:
        pytest.skip("no client of Docker Compose is here")
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    if compose == ["docker-compose"]:  # version 1, which knows no name of a project in the file
        text = text.replace(f"name: {COMPOSE['name']}\n", "")
    (tmp_path / "docker-compose.yml").write_text(text, encoding="utf-8")
    secrets = "NEO4J_PASSWORD=a1234567\nVLLM_API_KEY=k\nPOSTGRES_PASSWORD=p\n"
    for given, refused in ((f"{secrets}DOCUMENTS=/tmp\n", False), (secrets, True)):
        (tmp_path / ".env").write_text(given)
        done = subprocess.run([*compose, "config", "--quiet"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ((done.returncode != 0), ("set DOCUMENTS in .env" in done.stderr)) == (refused, refused), done.stderr


def _works(compose: list[str]) -> bool:
    if shutil.which(compose[0]) is None:
        return False
    return subprocess.run([*compose, "version"], capture_output=True, check=False).returncode == 0


def test_what_a_run_sends_is_kept_until_every_rule_has_seen_it() -> None:
    watching = ROOT / "examples" / "watching"
    files = (watching / f"{name}.yml" for name in ("collector", "prometheus-compose"))
    collector, prometheus = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in files)
    keeps = collector["exporters"]["prometheus"]
    (scraped,) = prometheus["scrape_configs"]
    assert scraped["static_configs"] == [{"targets": [f"collector:{keeps['endpoint'].rpartition(':')[2]}"]}]
    port = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    assert f"http://collector:{port} " in (ROOT / ".env.example").read_text(encoding="utf-8")
    worker = SERVICES["worker"]["environment"]
    assert (worker["CHRONOKG_TELEMETRY_OTLP"], "CHRONOKG_TELEMETRY_PROMETHEUS" in worker) == ("${TELEMETRY_OTLP:-}", False)
    rules = (watching / "prometheus-rules.yml").read_text(encoding="utf-8")
    back = [int(hours) for hours in re.findall(r"(\d+) \* 3600|\[(\d+)h\]", rules) for hours in hours if hours]
    assert int(keeps["metric_expiration"].removesuffix("h")) > max(back) >= 36
    assert {"key": "service.instance.id", "action": "delete"} in collector["processors"]["resource"]["attributes"]
    assert set(collector["service"]["pipelines"]["metrics"]["processors"]) == {"resource"}
