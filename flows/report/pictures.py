"""Draws the report's pictures with altair; colours are names of the page's style, so that they follow light, dark and print."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt

from pipeline.reporting.comparison import Comparison
from pipeline.reporting.stories import Panel
from pipeline.reporting.two_views import TwoViews, View
from pipeline.reporting.words import Row

INK, MUTED, FAINT, CARD = "var(--ink)", "var(--muted)", "var(--line)", "var(--card)"
UP, DOWN = "var(--up)", "var(--down)"
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
"""The page's own: words are measured with it before they are drawn."""
LANE = 58.0
"""Height of one fact's lane, in pixels: words, documents for, bar, documents against."""
PANEL_WIDTH, BELIEF_HEIGHT = 560, 150

_RELATIONS = {"cause": 1, "prevent": 0, "treat": 2, "stimulate": 2, "inhibit": 3, "positive_correlate": 0, "negative_correlate": 1}
_OTHERS = (4, 5, 3, 2, 0, 1)


def panel_picture(panel: Panel) -> dict[str, Any]:
    """Belief over time above, and below it for each fact when it held and which documents spoke for and against it."""
    span = alt.Scale(domain=[f"{panel.start}T00:00:00", f"{panel.end}T00:00:00"])
    ticks = alt.Axis(title=None, tickCount=7, labelOverlap=True, format="%Y" if _years(panel) > 3 else "%b %Y", grid=False)
    x = alt.X("from:T", scale=span, axis=ticks)
    bare = alt.X("from:T", scale=span, axis=alt.Axis(title=None, labels=False, ticks=False, grid=False))
    lanes = {lane["lane"]: number for number, lane in enumerate(panel.lanes)}
    colour = alt.Color("lane:N", scale=alt.Scale(domain=list(lanes), range=_colours(panel.lanes)), legend=None)
    height = LANE * len(lanes)
    top = alt.layer(*_belief(panel, bare, colour)).properties(width=PANEL_WIDTH, height=BELIEF_HEIGHT)
    below = alt.layer(*_lanes(panel, lanes, x, colour, height)).properties(width=PANEL_WIDTH, height=height)
    drawn = alt.vconcat(top, below, spacing=6).resolve_scale(x="shared", color="shared")
    return _finished(drawn, f"Belief over time: {panel.story.title}")


def network_pictures(views: TwoViews) -> tuple[dict[str, Any], dict[str, Any]]:
    """The graph on each of the two days."""
    types = types_in(views)
    return _network(views.first, views, types), _network(views.second, views, types)


def types_in(views: TwoViews) -> list[str]:
    """The types of entities, in the order of their colours."""
    return sorted({node["type"] for node in views.first.nodes})


def reading_picture(comparison: Comparison) -> dict[str, Any]:
    """Every claim of the model by its confidence, in a row for what it was worth."""
    order = ["right", "other polarity", "other relation", "not curated"]
    claims = [
        {**claim, "document": side["document"], "shift": number * 7 % 11 - 5}
        for number, (side, claim) in enumerate((side, claim) for side in comparison.sides for claim in side["read"])
    ]
    dots = (
        alt.Chart(_data(claims))
        .mark_circle(size=42, opacity=0.65)
        .encode(
            x=alt.X(
                "confidence:Q", scale=alt.Scale(domain=[0, 1]), title="confidence of the model", axis=alt.Axis(tickCount=5, grid=False)
            ),
            y=alt.Y("verdict:N", sort=order, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelLimit=160)),
            yOffset=alt.YOffset("shift:Q", scale=alt.Scale(domain=[-7, 7])),
            color=alt.Color(
                "verdict:N", scale=alt.Scale(domain=order, range=["var(--c2)", "var(--c5)", "var(--c5)", "var(--c1)"]), legend=None
            ),
            tooltip=["document:N", alt.Tooltip("words:N", title="claim"), alt.Tooltip("confidence:Q", format=".2f")],
        )
    )
    line = alt.Chart(_data([{"at": comparison.threshold}])).mark_rule(strokeDash=[4, 3], color=INK).encode(x="at:Q")
    return _finished(alt.layer(dots, line).properties(width=640, height=190), "Claims by confidence and worth")


def _belief(panel: Panel, x: alt.X, colour: alt.Color) -> list[alt.Chart]:
    words = {lane["lane"]: lane["words"] for lane in panel.lanes}
    steps = [{**_noon(step, "from", "to"), "words": words[step["lane"]], "day": step["from"]} for step in panel.steps]
    rises = [
        {"lane": a["lane"], "from": b["from"], "belief": a["belief"], "then": b["belief"]}
        for lane in words
        for a, b in pairwise(step for step in steps if step["lane"] == lane)
    ]
    y = alt.Y("belief:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(title="belief", values=[0, 0.25, 0.5, 0.75, 1], format=".2f"))
    held = alt.condition("datum.holds", alt.value(3), alt.value(1.4))
    dashed = alt.condition("datum.holds", alt.value([1, 0]), alt.value([3, 3]))
    tooltip = [
        alt.Tooltip("words:N", title="fact"),
        alt.Tooltip("day:N", title="from"),
        alt.Tooltip("belief:Q", format=".3f"),
        alt.Tooltip("holds:N", title="held then"),
    ]
    flat = alt.Chart(_data(steps)).mark_rule().encode(x=x, x2="to:T", y=y, color=colour, size=held, strokeDash=dashed, tooltip=tooltip)
    steep = alt.Chart(_data(rises)).mark_rule(size=1.2, opacity=0.55).encode(x=x, y=y, y2="then:Q", color=colour)
    return [steep, flat, *_notices(panel, x, None)]


def _lanes(panel: Panel, lanes: dict[str, int], x: alt.X, colour: alt.Color, height: float) -> list[alt.Chart]:
    def at(rows: Sequence[Row], below: float) -> list[Row]:
        return [{**row, "y": lanes[row["lane"]] * LANE + below} for row in rows]

    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    names = alt.Chart(_data(at(panel.lanes, 11))).mark_text(align="left", fontSize=12, fontWeight=600)
    names = names.encode(x=alt.value(4), y=y, text="label:N", color=colour)
    halos = names.copy().mark_text(align="left", fontSize=12, fontWeight=600, stroke=CARD, strokeWidth=4).encode(color=alt.value(CARD))
    tracks = alt.Chart(_data(at(panel.lanes, 37))).mark_rule(color=FAINT, size=1).encode(y=y)
    bars = alt.Chart(_data(at([_noon(bar, "from", "to") for bar in panel.bars], 37))).mark_rule(size=9, opacity=0.8)
    tooltip = [alt.Tooltip("span:N", title="held"), alt.Tooltip("belief:Q", format=".3f"), alt.Tooltip("support:Q", title="documents")]
    bars = bars.encode(x=x, x2="to:T", y=y, color=colour, tooltip=tooltip)
    return [tracks, bars, *_documents(panel, at, y), *_notices(panel, x, y), halos, names]


def _documents(panel: Panel, at: Any, y: alt.Y) -> list[alt.Chart]:
    ups = at([dot for dot in panel.dots if dot["up"]], 26)
    downs = at([dot for dot in panel.dots if not dot["up"]], 48)
    tooltip = [
        alt.Tooltip("citation:N", title="document"),
        alt.Tooltip("says:N"),
        alt.Tooltip("quote:N"),
        alt.Tooltip("confidence:Q", format=".2f"),
        alt.Tooltip("standing:N"),
    ]

    def drawn(rows: Sequence[Row], shape: str, fill: str) -> alt.Chart:
        hollow = alt.condition("datum.retracted", alt.value(CARD), alt.value(fill))
        marks: alt.Chart = alt.Chart(_data([_noon(row, "day") for row in rows]))
        marks = marks.mark_point(shape=shape, size=58, filled=True, stroke=fill, strokeWidth=1.4)
        return marks.encode(x="day:T", y=y, fill=hollow, tooltip=tooltip)

    return [drawn(rows, shape, fill) for rows, shape, fill in ((ups, "triangle-up", UP), (downs, "triangle-down", DOWN)) if rows]


def _notices(panel: Panel, x: alt.X, y: alt.Y | None) -> list[alt.Chart]:
    """A line on the day of a retraction, with its words where there is no other picture's axis."""
    if not panel.marks:
        return []
    rows = _data([{**_noon(mark, "day"), "from": f"{mark['day']}T00:00:00"} for mark in panel.marks])
    line = alt.Chart(rows).mark_rule(strokeDash=[2, 2], size=1.4, color=DOWN).encode(x=x, tooltip=alt.Tooltip("text:N", title="notice"))
    if y is not None:
        return [line]
    words = alt.Chart(rows).mark_text(align="left", dx=5, fontSize=11, color=DOWN).encode(x=x, y=alt.value(8), text="text:N")
    return [line, words]


def _network(view: View, views: TwoViews, types: Sequence[str]) -> dict[str, Any]:
    across, down = alt.Scale(domain=[0, views.width], nice=False), alt.Scale(domain=[views.height, 0], nice=False)

    def place(prefix: str = "") -> dict[str, Any]:
        return {"x": alt.X(f"{prefix}x:Q", scale=across, axis=None), "y": alt.Y(f"{prefix}y:Q", scale=down, axis=None)}

    states = ["stays", "new", "falls", "fallen"]
    colour = alt.Color("state:N", scale=alt.Scale(domain=states, range=["var(--muted)", "var(--c0)", DOWN, DOWN]), legend=None)
    fade = alt.Opacity("belief:Q", scale=alt.Scale(domain=[0, 1], range=[0.25, 1]), legend=None)
    tooltip = ["fact:N", "since:N", alt.Tooltip("belief:Q", format=".3f"), alt.Tooltip("support:Q", title="documents"), "state:N"]
    bends = [{**edge, "order": at, "x": x, "y": y} for edge in view.edges for at, (x, y) in enumerate(edge["points"])]
    lines = (
        alt.Chart(_data(bends))
        .mark_line(interpolate="basis", strokeCap="butt")
        .encode(
            **place(),
            detail="fact:N",
            order="order:O",
            color=colour,
            opacity=fade,
            size=alt.Size("belief:Q", scale=alt.Scale(domain=[0, 1], range=[0.8, 4.2]), legend=None),
            strokeDash=alt.StrokeDash("state:N", scale=alt.Scale(domain=states, range=[[1, 0], [1, 0], [7, 4], [2, 4]]), legend=None),
            tooltip=tooltip,
        )
    )
    edges = alt.Chart(_data(view.edges))
    tips = edges.transform_filter("datum.directed").mark_point(shape="triangle", filled=True, size=70, opacity=1)
    tips = tips.encode(**place("tip_"), color=colour, angle=alt.Angle("angle:Q", scale=None), tooltip=tooltip)
    layers = [
        lines,
        tips,
        *_edge_words(edges.transform_filter("isValid(datum.words_x)"), place("words_"), colour),
        *_nodes(view, place(), types),
    ]
    return _finished(alt.layer(*layers).properties(width=views.width, height=max(views.height, 1)), f"What held on {view.day}")


def _edge_words(edges: alt.Chart, place: dict[str, Any], colour: alt.Color) -> list[alt.Chart]:
    halo = edges.mark_text(fontSize=10, stroke=CARD, strokeWidth=3.5, color=CARD).encode(**place, text="relation:N")
    return [halo, edges.mark_text(fontSize=10).encode(**place, text="relation:N", color=colour)]


def _nodes(view: View, place: dict[str, Any], types: Sequence[str]) -> list[alt.Chart]:
    nodes = alt.Chart(_data(view.nodes))
    colours = alt.Color("type:N", scale=alt.Scale(domain=list(types), range=[f"var(--t{i % 6})" for i in range(len(types))]), legend=None)
    shown = alt.condition("datum.known", alt.value(1), alt.value(0.22))
    dots = nodes.mark_circle(size=150, stroke=CARD, strokeWidth=1.5).encode(
        **place, fill=colours, opacity=shown, tooltip=["name:N", "type:N", "key:N"]
    )
    known = nodes.transform_filter("datum.known")
    style: dict[str, Any] = {"fontSize": 11, "lineBreak": "\n", "baseline": "top", "dy": 9, "lineHeight": 12}
    halo = known.mark_text(**style, stroke=CARD, strokeWidth=3.5, color=CARD).encode(**place, text="label:N")
    return [dots, halo, known.mark_text(**style, color=INK).encode(**place, text="label:N")]


def _colours(lanes: Sequence[Row]) -> list[str]:
    taken: list[int] = []
    for lane in lanes:
        wanted = _RELATIONS.get(lane["relation"], _OTHERS[0])
        taken.append(next((c for c in (wanted, *_OTHERS) if c not in taken), wanted))
    return [f"var(--c{number})" for number in taken]


def _years(panel: Panel) -> float:
    return (panel.end - panel.start).days / 365.25


def _noon(row: Row, *fields: str) -> Row:
    """Days as local times: a bare date would be taken for UTC and be drawn a day early west of Greenwich."""
    return {**row, **{field: f"{row[field]}T00:00:00" for field in fields}}


def _data(rows: Sequence[Row]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def _finished(chart: Any, description: str) -> dict[str, Any]:
    """The picture for the page; the description is what a screen reader says of it."""
    text = {"labelColor": MUTED, "titleColor": MUTED, "gridColor": FAINT, "domainColor": FAINT, "tickColor": FAINT, "labelFontSize": 11}
    styled = (
        chart.properties(description=description)
        .configure(background="transparent", font=FONT)
        .configure_view(stroke=None)
        .configure_axis(**text, titleFontWeight="normal")
    )
    found: dict[str, Any] = styled.to_dict()
    return found
