"""Dashboard, alerts and automations name only what there is, and their own tools take them."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml

from flows.watching.instruments import INSTRUMENTS
from flows.watching.spans import ATTRIBUTES
from tests.conftest import ROOT

HERE = ROOT / "examples" / "watching"
WORDS = {"sum", "max", "min", "by", "on", "unless", "and", "or", "time", "rate", "increase", "absent_over_time", "histogram_quantile", "le"}
OF_THE_CLIENT = {"process_resident_memory_bytes"}  # by Prometheus' own library, on its endpoint


def series() -> set[str]:
    names = set(OF_THE_CLIENT)
    for each in INSTRUMENTS.values():
        parts = ("_bucket", "_sum", "_count") if each.kind == "histogram" else ("",)
        names |= {each.in_prometheus + part for part in parts}
    return names


def labels() -> set[str]:
    return {name.replace(".", "_") for each in INSTRUMENTS.values() for name in each.attributes}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "grafana-dashboard.json").read_text(encoding="utf-8"))
    return found


def alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load((HERE / "prometheus-rules.yml").read_text(encoding="utf-8"))
    return [rule for group in rules["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    shown = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]
    return shown + [rule["expr"] for rule in alerts()]


def named_in(query: str) -> set[str]:
    return set(re.findall(r"\b[a-z_]{2,}\b", re.sub(r'"[^"]*"|\[[^]]*\]', "", query))) - WORDS


@pytest.mark.parametrize("query", queries())
def test_a_query_names_metrics_and_labels_that_there_are(query: str) -> None:
    named = named_in(query)
    assert named & series()
    assert named <= series() | labels()


def test_every_metric_is_on_the_dashboard() -> None:
    shown = set().union(*(named_in(query) for query in queries()))
    assert [each.name for each in INSTRUMENTS.values() if not any(name.startswith(each.in_prometheus) for name in shown)] == []


def test_panels_have_their_own_ids_and_do_not_lie_on_each_other() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23


def test_labels_that_alerts_show_are_those_of_their_query() -> None:
    for rule in alerts():
        shown = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        assert shown <= set(re.findall(r"\w+", rule["expr"])), rule["alert"]


def test_every_attribute_of_a_metric_is_spelled_as_in_spans_or_is_its_own() -> None:
    known = {*ATTRIBUTES.values(), "error.type", "gen_ai.token.type", "chronokg.unit", "chronokg.reason", "chronokg.change"}
    known |= {"chronokg.command", "chronokg.stage", "chronokg.status"}
    known |= {"http.request.method", "http.route", "http.response.status_code"}  # OpenTelemetry's, of servers
    assert {name for each in INSTRUMENTS.values() for name in each.attributes} <= known


def test_promtool_takes_rules_and_configuration_and_alerts_fire_when_they_should(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on the PATH (Debian's package `prometheus` has one)")
    for file in (HERE / "prometheus.yml", HERE / "prometheus-rules.yml", Path(__file__).with_name("prometheus-rules-test.yml")):
        shutil.copy(file, tmp_path)
    for words in (["check", "config", "prometheus.yml"], ["test", "rules", "prometheus-rules-test.yml"]):
        done = subprocess.run([promtool, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried() -> None:
    tried = yaml.safe_load(Path(__file__).with_name("prometheus-rules-test.yml").read_text(encoding="utf-8"))
    fired = {each["alertname"] for test in tried["tests"] for each in test["alert_rule_test"] if each.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in alerts()}


def test_prefect_takes_the_automations_whole_and_they_meet_the_events_of_runs() -> None:
    from prefect.events.schemas.automations import AutomationCore
    from prefect.server.events.schemas.automations import EventTrigger
    from prefect.server.events.schemas.events import ReceivedEvent, RelatedResource, Resource

    def event(kind: str, flow: str) -> ReceivedEvent:
        of_flow = RelatedResource({"prefect.resource.id": f"prefect.flow.{uuid4()}", "prefect.resource.role": "flow",
                                   "prefect.resource.name": flow})  # fmt: skip
        run = Resource({"prefect.resource.id": f"prefect.flow-run.{uuid4()}", "prefect.resource.name": "brave-heron"})
        return ReceivedEvent(occurred=datetime.now(UTC), event=kind, resource=run, related=[of_flow], id=uuid4())

    told = yaml.safe_load((HERE / "prefect-automations.yaml").read_text(encoding="utf-8"))["automations"]
    absent, failed = told
    for each in told:
        assert_whole(each, AutomationCore.model_validate(each).model_dump(mode="json"))
        assert UUID(each["actions"][0]["block_document_id"]) == UUID(int=0), "a place to fill in"
    trigger = EventTrigger.model_validate(failed["trigger"])
    met = [trigger.covers(event(f"prefect.flow-run.{kind}", "ingest")) and trigger.expects(f"prefect.flow-run.{kind}")
           for kind in ("Failed", "Crashed", "Completed", "Running")]  # fmt: skip
    assert met == [True, True, False, False]
    assert not trigger.covers(event("prefect.flow-run.Failed", "of somebody else"))
    awaited = EventTrigger.model_validate(absent["trigger"])
    assert awaited.covers(event("prefect.flow-run.Completed", "ingest"))
    assert (awaited.posture.value, awaited.within.total_seconds()) == ("Proactive", 86400)


def assert_whole(given: Any, taken: Any) -> None:
    """What was given is all there: Prefect passes over words that it does not know."""
    if isinstance(given, dict):
        for name, value in given.items():
            assert name in taken, name
            assert_whole(value, taken[name])
    elif isinstance(given, list):
        for value, found in zip(sorted(given, key=str), sorted(taken, key=str), strict=True):
            assert_whole(value, found)
    elif isinstance(taken, list):
        assert taken == [given]
    else:
        assert str(taken) in (str(given), f"{given}.0")
