"""The report as one HTML page: every text escaped, every script known by its hash, nothing fetched from anywhere."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import altair as alt
import vl_convert

from flows.report.report_data import Panel, Row
from flows.report.report_network import Network
from flows.report.report_reading import Comparison

_LOADER = """
const specs = JSON.parse(document.getElementById("specs").textContent);
for (const [id, spec] of Object.entries(specs)) {
  vegaEmbed(document.getElementById(id), spec, {mode: "vega-lite", renderer: "svg", actions: false, ast: true})
    .catch((error) => { document.getElementById(id).textContent = "This picture could not be drawn: " + error.message; });
}
"""
_SHAPES = {
    "up": '<path d="M8 3 L14 13 L2 13 Z" fill="var(--up)"/>',
    "down": '<path d="M8 13 L14 3 L2 3 Z" fill="var(--down)"/>',
    "hollow": '<path d="M8 3 L14 13 L2 13 Z" fill="none" stroke="var(--down)" stroke-width="1.5"/>',
    "bar": '<rect x="0" y="4" width="16" height="8" fill="var(--c0)"/>',
    "held": '<path d="M0 8 H16" stroke="var(--c0)" stroke-width="3"/>',
    "not held": '<path d="M0 8 H16" stroke="var(--c0)" stroke-width="1.6" stroke-dasharray="3 2"/>',
    "stays": '<path d="M0 8 H16" stroke="var(--muted)" stroke-width="3"/>',
    "new": '<path d="M0 8 H16" stroke="var(--c0)" stroke-width="3"/>',
    "falls": '<path d="M0 8 H16" stroke="var(--down)" stroke-width="3" stroke-dasharray="6 3"/>',
    "fallen": '<path d="M0 8 H16" stroke="var(--down)" stroke-width="2" stroke-dasharray="2 3"/>',
}


def page(title: str, body: str, specs: Mapping[str, Any]) -> str:
    """The whole page; `body` is HTML already, `specs` are the pictures by the id of the element that each goes into."""
    bundle = _bundle()
    template = Template(Path(__file__).with_name("report_page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        body=body,
        specs=_json(specs),
        bundle=bundle,
        loader=_LOADER,
        script_hashes=f"{_hash(bundle)} {_hash(_LOADER)}",
    )


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Shapes with their meaning."""
    return _shapes((_SHAPES[shape], words) for shape, words in entries)


def type_legend(types: Sequence[str]) -> str:
    """The colours of entity types, as the pictures of the graph have them."""
    dots = (f'<circle cx="8" cy="8" r="6" fill="var(--t{number % 6})"/>' for number in range(len(types)))
    return _shapes(zip(dots, types, strict=True))


def story_card(panel: Panel, picture: str) -> str:
    """One story with the place for its picture."""
    words = f"<p>{escape(panel.story.text)}</p>" if panel.story.text else ""
    shown = f'<div class="picture" id="{picture}"></div>' if panel.lanes else "<p>The evidence says nothing about it.</p>"
    return f'<article class="card"><h3>{escape(panel.story.title)}</h3>{words}{shown}</article>'


def numbers(entries: Iterable[tuple[object, str]]) -> str:
    """Big figures, each with what it counts."""
    return f'<ul class="numbers">{"".join(f"<li><b>{escape(str(number))}</b>{escape(words)}</li>" for number, words in entries)}</ul>'


def network_cards(network: Network, pictures: tuple[str, str]) -> str:
    """The graph at two days, side by side."""
    cards = "".join(
        f'<figure class="card" style="margin:0"><h3>As of {view.day}</h3><div class="picture" id="{picture}"></div></figure>'
        for view, picture in zip((network.first, network.second), pictures, strict=True)
    )
    return f'<div class="cards">{cards}</div>'


def overturned_table(rows: Sequence[Row]) -> str:
    """What fell, when, by what and because of which sentence."""
    body = "".join(
        f'<tr><td>{escape(row["fact"])}</td><td class="day">{row["from"]}<br>to {row["to"]}</td><td class="number">{row["belief"]:.2f}</td>'
        f"<td>{escape(row['by'])}</td><td>{''.join(_because(each) for each in row['because'])}</td>"
        f'<td class="day">{escape(row["now"])}</td></tr>'
        for row in rows
    )
    head = '<th>Fact</th><th>Held</th><th class="number">Belief at the end</th><th>Closed by</th><th>Because of</th><th>Today</th>'
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def lesson_table(title: str, rows: Sequence[Row]) -> str:
    """What was known before, and what is known since."""
    cells = "".join(f"<tr><td>{escape(r['fact'])}</td><td>{escape(r['before'])}</td><td>{escape(r['after'])}</td></tr>" for r in rows)
    body = cells or '<tr><td colspan="3">Nothing else changed.</td></tr>'
    heads = "<th>Fact</th><th>As known before</th><th>As known after</th>"
    return f"<h3>{escape(title)}</h3><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def score_table(comparison: Comparison) -> str:
    """Precision and recall for each measure."""
    rows = "".join(
        f"<tr><td>{escape(row['measure'])}</td><td>{escape(row['which'])}</td>"
        + "".join(f'<td class="number">{row[key]}</td>' for key in ("found", "right", "wanted"))
        + "".join(f'<td class="number">{_share(row[key])}</td>' for key in ("precision", "recall"))
        + "</tr>"
        for row in comparison.scores
    )
    heads = "".join(f'<th class="number">{words}</th>' for words in ("Found", "Right", "Curated", "Precision", "Recall"))
    return (
        f'<table class="narrow"><thead><tr><th>What must agree</th><th>Which claims</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def sides_table(comparison: Comparison) -> str:
    """Document by document: what is curated, and what was read."""
    rows = "".join(
        f"<tr><td>{escape(side['document'])}</td><td>{_lines(escape(words) for words in side['curated'])}</td>"
        f"<td>{_lines(_claim(claim) for claim in side['read'])}</td></tr>"
        for side in comparison.sides
    )
    heads = f"<th>Document</th><th>Curated</th><th>Read by {escape(comparison.model)}</th>"
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<details><summary>Every claim, document by document</summary>{table}</details>"


def _shapes(entries: Iterable[tuple[str, str]]) -> str:
    items = "".join(f'<li><svg width="16" height="16" aria-hidden="true">{shape}</svg>{escape(words)}</li>' for shape, words in entries)
    return f'<ul class="legend">{items}</ul>'


def _claim(claim: Row) -> str:
    kind = "right" if claim["verdict"] == "right" else "wrong"
    return f'{escape(claim["words"])} {claim["confidence"]:.2f} <span class="tag {kind}">{escape(claim["verdict"])}</span>'


def _because(each: Row) -> str:
    quote = f"<q>{escape(each['quote'])}</q>" if each["quote"] else ""
    return f'{quote}<span class="cite">{escape(each["citation"])}</span>'


def _lines(parts: Iterable[str]) -> str:
    return "<br>".join(parts) or "nothing"


def _share(value: float | None) -> str:
    return "none found" if value is None else f"{value:.2f}"


def _json(value: object) -> str:
    # Inside a script element only the HTML parser's words are dangerous: </script> and <!--.
    return (
        json.dumps(value, ensure_ascii=False, sort_keys=True)
        .replace("<", "\\u003c")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed, from inside the vl-convert package."""
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--").replace("\r", "")
