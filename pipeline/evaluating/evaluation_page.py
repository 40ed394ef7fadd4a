"""The report of an evaluation for people: tables in Markdown, also shown on the terminal, and the reliability diagram."""

from collections.abc import Mapping, Sequence
from typing import Any

NOT_QUALITY = "SCRIPTED: these answers come from a file. They say that the machinery works, and nothing about the quality of a model."
_MEASURES = (
    ("ece", "ECE (10 equal-mass bins)"),
    ("brier", "Brier score"),
    ("skill", "Brier skill over the base rate"),
    ("log_loss", "log loss"),
    ("average_precision", "average precision"),
)


def evaluation_page(report: Mapping[str, Any], *, with_picture: bool) -> str:
    """The report as a file beside its picture."""
    return evaluation_summary(report) + ("\n![Reliability diagram](reliability.svg)\n" if with_picture else "")


def evaluation_summary(report: Mapping[str, Any]) -> str:
    """All of the report but the bins, as Markdown."""
    parts = [f"# {report['reader']}\n", *([f"**{NOT_QUALITY}**\n"] if report["scripted"] else [])]
    parts += [_about(report), _names(report), _extraction(report), _reliability(report), _by_relation(report)]
    if count := report["problems"]["count"]:
        parts.append(
            f"{count} things in the gold files could not be used, among them:\n"
            + "".join(f"- {each}\n" for each in report["problems"]["first"][:5])
        )
    return "\n".join(part for part in parts if part)


def _about(report: Mapping[str, Any]) -> str:
    files = ", ".join(f"{file['file']} ({file['scheme']})" for file in report["gold"])
    documents, cost = report["documents"], report["cost"]
    lines = [f"- gold: {files}; {documents['evaluated']} documents read"]
    lines += [
        f"- {number} of these failed ({why}) and count as documents in which nothing was found"
        for why, number in documents["failed"].items()
    ]
    lines.append(f"- calibration map: {report['calibration'] or 'none, confidences are raw scores'}")
    if cost["paid_documents"]:
        lines.append(
            f"- {cost['paid_documents']} documents were asked about now, the others answered from the cache; for each of these "
            f"{cost['prompt_tokens_per_document']:g} prompt tokens computed, {cost['completion_tokens_per_document']:g} of answers, "
            f"{cost['seconds_per_document']:.2f} s"
        )
    else:
        lines.append("- every answer came from the cache: nothing was paid")
    lines += [f"- not judged: {number} ({why})" for why, number in report["not_judged"].items()]
    return "\n".join(lines) + "\n"


def _sides(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, report[name]) for name in ("raw", "calibrated") if report[name] is not None]


def _names(report: Mapping[str, Any]) -> str:
    if report["plain_text"] is None:
        return ""
    names = report["plain_text"]["names"]
    sides = {
        "names, exact span and type": names["exact"],
        "names, overlapping span and type": names["overlapping"],
        **{f"names of type {kind}, overlapping": told for kind, told in names["of_type"].items()},
        "entities (identifiers of a document)": names["entities"],
    }
    rows = [[title, *(f"{told[name]:.3f}" for name in ("precision", "recall", "f1")), str(told["gold"])] for title, told in sides.items()]
    links = names["links"]
    told = (
        f"Of {links['found']} names found, {links['linked']} were linked to a vocabulary; {links['share_right']:.1%} of these have the "
        f"gold's identifier, of the {links['on_gold']} that lie on a gold name {links['share_right_on_gold']:.1%}.\n"
    )
    return _table(["plain text", "precision", "recall", "F1", "in the gold"], rows) + "\n" + told


def _extraction(report: Mapping[str, Any]) -> str:
    threshold = _sides(report)[0][1]["extraction"]["pair"]["threshold"]
    head = [f"at {threshold:g}", "confidence", "precision", "recall", "F1", "95 %", "F1 at the map's cut", "best F1 (chosen on this gold)"]
    rows = [row for side, figures in _sides(report) for row in _levels(side, figures["extraction"], figures["intervals"])]
    if report["plain_text"]:
        placed = report["plain_text"]["by_place"].items()
        rows += [[f"{row[0]}, ends by place", *row[1:]] for side, extraction in placed for row in _levels(side, extraction, {})]
    return _table(head, rows)


def _levels(side: str, extraction: Mapping[str, Any], intervals: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for level, told in extraction.items():
        low, high = intervals.get(f"f1, {level}", (None, None))
        spread = f"{low:.3f} to {high:.3f}" if low is not None else ""
        figures = [f"{told[name]:.3f}" for name in ("precision", "recall", "f1")]
        rows.append([level, side, *figures, spread, _at(told.get("cut")), _at(told["best"])])
    return rows


def _at(told: Mapping[str, Any] | None) -> str:
    return "" if told is None else f"{told['f1']:.3f} at {told['threshold']:.3f}"


def _reliability(report: Mapping[str, Any]) -> str:
    sides = [(name, figures) for name, figures in _sides(report) if figures["reliability"]]
    if not sides:
        return f"No claim has a raw score of at least {report['floor']:g}.\n"
    first = sides[0][1]["reliability"]
    rows = []
    for key, words in _MEASURES:
        cells = []
        for _, figures in sides:
            spread = figures["intervals"].get(key)
            cells.append(_number(figures["reliability"][key]) + (f" ({spread[0]:.3f} to {spread[1]:.3f})" if spread else ""))
        rows.append([words, *cells])
    told = f"Over {first['claims']} claims with a raw score of at least {report['floor']:g}, {first['base_rate']:.1%} of them right:\n\n"
    return told + _table(["", *(name for name, _ in sides)], rows)


def _by_relation(report: Mapping[str, Any]) -> str:
    sides = _sides(report)
    rows = []
    for name, told in sides[0][1]["by_relation"].items():
        cells = [
            f"{_number(figures['by_relation'][name]['ece'])}, {_number(figures['by_relation'][name]['skill'])}" for _, figures in sides
        ]
        rows.append([name, str(told["claims"]), f"{told['base_rate']:.3f}", *cells])
    return _table(["relation", "claims", "share right", *(f"ECE, skill ({name})" for name, _ in sides)], rows) if rows else ""


def calibration_summary(told: Mapping[str, Any]) -> str:
    """What a fit came to, for the terminal."""
    head = ["relation", "curve", "claims", "right", "Brier before", "Brier after"]
    rows = [
        [
            name,
            *(str(curve[part]) for part in ("method", "claims", "right")),
            *(_number(curve[part]) for part in ("brier_before", "brier_after")),
        ]
        for name, curve in told["curves"].items()
    ]
    held = told["held_out"]
    lines = [
        f"map {told['version']} of {told['reader']}, fitted on {told['documents']['evaluated']} documents: {told['path']}\n",
        _table(head, rows),
    ]
    if held["raw"] and held["calibrated"]:
        before, after = held["raw"], held["calibrated"]
        lines.append(
            f"On documents held out: ECE {before['ece']:.3f} before, {after['ece']:.3f} after; "
            f"skill over the base rate {_number(before['skill'])} before, {_number(after['skill'])} after.\n"
        )
    lines.append(
        "From now on readings carry calibrated confidences; `chronokg ingest … --again prompt` reads what was read before, from the cache."
    )
    return "\n".join(lines)


def reliability_picture(report: Mapping[str, Any]) -> Any:
    """Share right over mean confidence for each bin, larger where a bin has more claims; on the diagonal confidence means what it says.

    None where no claim was judged.
    """
    rows = [{**each, "scores": name} for name, figures in _sides(report) for each in figures["bins"]]
    if not rows:
        return None
    import altair as alt

    def axis(field: str, title: str) -> dict[str, Any]:
        return {"shorthand": f"{field}:Q", "scale": alt.Scale(domain=[0, 1]), "title": title}

    x, y = alt.X(**axis("confidence", "mean confidence of a bin")), alt.Y(**axis("right", "share of its claims that is right"))
    colour = alt.Color("scores:N", scale=alt.Scale(domain=["raw", "calibrated"], range=["#c2570c", "#1f6f8b"]), title=None)
    chart = alt.Chart(alt.InlineData(values=rows))
    line = chart.mark_line(opacity=0.6).encode(x=x, y=y, color=colour)
    dots = chart.mark_circle(opacity=0.9).encode(
        x=x, y=y, color=colour, size=alt.Size("claims:Q", title="claims", scale=alt.Scale(range=[30, 220]))
    )
    ends = alt.InlineData(values=[{"confidence": 0, "right": 0}, {"confidence": 1, "right": 1}])
    diagonal = alt.Chart(ends).mark_line(strokeDash=[4, 4], color="#777777").encode(x=x, y=y)
    title = [report["reader"], *([NOT_QUALITY.split(":", maxsplit=1)[0]] if report["scripted"] else [])]
    return alt.layer(diagonal, line, dots).properties(width=360, height=360, title=alt.Title(title, fontSize=11))


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return "\n".join([line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)]) + "\n"
