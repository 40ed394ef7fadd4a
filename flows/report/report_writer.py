"""The report on a home, as one HTML page: what it tells of is chosen, folded, drawn and written.

Every text is escaped, every script known by its hash, nothing fetched from anywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from flows.answers.entities import entity_called
from flows.home.homes import Home
from flows.report.page_parts import as_seen, json_in_page, policy_hash, write_whole
from flows.report.pictures import network_pictures, panel_picture, reading_picture, types_in
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Graph, fold
from pipeline.believing.gathering import all_evidence, one_by_one
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from pipeline.reporting.comparison import Comparison
from pipeline.reporting.overturned import KnowledgeUpdate, firmest, headline, learnt, overturned
from pipeline.reporting.stories import Story, concerning, days_to_compare, disputes, panel_of, questions_of
from pipeline.reporting.two_views import two_views
from pipeline.reporting.words import Citations
from schema.errors import WrongUse
from schema.fact import Triple


class StoryByName(BaseModel):
    """A story as a person writes it down: pairs of entities by key or name."""

    model_config = ConfigDict(extra="forbid")

    title: str
    pairs: list[tuple[str, str]]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """What stands on the page besides what the evidence says; all of it may be left out."""

    title: str = "What was believed, and what became of it"
    introduction: str = ""
    citations: Citations | None = None
    updates: Sequence[KnowledgeUpdate] = ()
    reading: Comparison | None = None
    remark: str = ""
    """What to think of the model whose `reading` is shown."""
    days: tuple[date, date] | None = None
    """On which the graph is drawn; by default when half of the documents were there, and the last one's."""


def stories_from(path: Path) -> list[StoryByName]:
    """The stories of a YAML file; raises WrongUse naming file, place and rule."""
    try:
        return TypeAdapter(list[StoryByName]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as cause:
        raise WrongUse(f"{path}: {cause}") from cause
    except ValidationError as cause:
        first = cause.errors(include_url=False, include_input=False)[0]
        raise WrongUse(f"{path}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}") from cause


def report_on(
    home: Home,
    to: Path,
    told: Iterable[StoryByName] = (),
    about: Sequence[str] = (),
    *,
    between: bool = False,
    most: int = 12,
    as_of: date | None = None,
    known_at: datetime | None = None,
    telling: Telling | None = None,
) -> Path:
    """Write the report on a home, or on what it says `about` some entities (`between` them only), and return its path.

    Where no stories are told they are the `most` questions over which the evidence disagreed most.
    """
    log = home.log
    keys = [entity_called(home, each, known_at) for each in about]
    stories = [
        Story(each.title, tuple((entity_called(home, a, known_at), entity_called(home, b, known_at)) for a, b in each.pairs), each.text)
        for each in told
    ]
    evidence = without_deleted(all_evidence(log), home.rules).known_at(known_at)
    whole = fold(evidence, home.rules, as_of=as_of, histories=False)
    graph = concerning(whole, keys, between=between)
    names = {entity.key: entity for entity in graph.entities}
    stories = stories or disputes(graph, home.rules, names, most)
    said = without_deleted(one_by_one(log, questions_of(stories, graph, home.rules)), home.rules).known_at(known_at)
    drawn = {fact.triple for fact in graph.facts} if keys else None
    return write_report(to, evidence, home.rules, stories, telling or Telling(), graph=graph, said=said, drawn=drawn, as_of=as_of)


def write_report(
    path: Path,
    evidence: Evidence,
    rules: Rules,
    stories: Sequence[Story],
    telling: Telling,
    *,
    graph: Graph | None = None,
    said: Evidence | None = None,
    drawn: set[Triple] | None = None,
    as_of: date | None = None,
) -> Path:
    """Write the report on what `evidence` says and return its path; the same evidence gives the same bytes.

    `said` is what it says of the stories, one by one; `graph` its fold, or the part of it that is reported on, with the triples that
    are `drawn`.
    """
    graph = graph or fold(evidence, rules, as_of=as_of)
    names = {entity.key: entity for entity in graph.entities}
    cite = telling.citations or {}
    panels = [panel_of(story, said or evidence, rules, names, cite, as_of) for story in stories]
    fallen, left_out = overturned(graph, names, cite)
    days = telling.days or days_to_compare(graph)
    views = two_views(evidence, rules, names, days, drawn) if days else None
    pictures: dict[str, object] = {f"story-{number}": panel_picture(panel) for number, panel in enumerate(panels) if panel.lanes}
    if views:
        pictures["graph-first"], pictures["graph-second"] = network_pictures(views)
    if telling.reading:
        pictures["reading"] = reading_picture(telling.reading)
    text = page(
        pictures,
        title=telling.title,
        introduction=telling.introduction,
        counts=headline(graph),
        firmest=firmest(fallen),
        panels=panels,
        views=views,
        types=types_in(views) if views else [],
        fallen=fallen,
        fallen_left_out=left_out,
        updates=[(update.title, learnt(update, evidence, rules, names)) for update in telling.updates],
        reading=telling.reading,
        remark=telling.remark,
    )
    write_whole(path, text)
    return path


def plain_page(path: Path, template: str, **shown: object) -> None:
    """A page without pictures and scripts, from a template that lies here; everything in it is escaped."""
    write_whole(path, _environment().get_template(template).render(**shown))


TEMPLATE = "report.html.jinja"

_LOADER = """
const specs = JSON.parse(document.getElementById("specs").textContent);
for (const [id, spec] of Object.entries(specs)) {
  vegaEmbed(document.getElementById(id), spec, {mode: "vega-lite", renderer: "svg", actions: false, ast: true})
    .catch((error) => { document.getElementById(id).textContent = "This picture could not be drawn: " + error.message; });
}
"""


def page(specs: Mapping[str, Any], **shown: object) -> str:
    """The whole page; `specs` are the pictures by the id of the element that each goes into, `shown` is what the template asks for."""
    # Scripts of ours and of packages that we name; everything else is escaped.
    scripts = {"bundle": Markup(_bundle()), "loader": Markup(_LOADER)}  # noqa: S704
    hashes = [policy_hash(script) for script in scripts.values()]
    return _environment().get_template(TEMPLATE).render(specs=json_in_page(specs), script_hashes=hashes, **scripts, **shown)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=as_seen,
    )


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed, from inside the vl-convert package."""
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--").replace("\r", "")
