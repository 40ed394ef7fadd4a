"""The demo: medicine changes its mind, and the graph knows when and why. Writes demo-out/report.html."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from flows.home.processes import quieten

quieten()

from read import read  # noqa: E402
from rich.console import Console  # noqa: E402
from told import HERE, Curated, tell  # noqa: E402

from flows.explorer.explorer_file import write_explorer  # noqa: E402
from flows.report.report_writer import Telling, report_on, stories_from  # noqa: E402
from graph_store.cypher.embedded_server import embedded_unavailable  # noqa: E402
from pipeline.reporting.comparison import Comparison  # noqa: E402
from pipeline.reporting.words import Citations  # noqa: E402
from schema.errors import ChronoKGError, ModelFailed  # noqa: E402
from schema.ids import DocumentId  # noqa: E402

NOTE = (
    "Sixty years of medicine in 71 short abstracts, which we wrote ourselves after real papers and with their real dates. "
    "What they claim was noted down by us, sentence by sentence (curated observations), and folded into a graph. "
    "Not a source for medical decisions."
)
DAYS = (date(1989, 1, 1), date(2023, 1, 1))
EXPLORED = ("hydroxychloroquine", "flecainide", "rofecoxib", "gefitinib", "rosiglitazone", "beta-carotene", "conjugated estrogens")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; an error of ours is one sentence on stderr. Exit 0: done, 1: done without the model, 2: failed."""
    given = _parser().parse_args(arguments)
    try:
        return _demo(given.out, given.graph, None if given.no_model else given.model)
    except ChronoKGError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("demo: interrupted", file=sys.stderr)
        return 130


def _demo(out: Path, graph: str, model: str | None) -> int:
    console, began, code = Console(soft_wrap=True, highlight=False), time.monotonic(), 0
    if graph == "embedded" and (reason := embedded_unavailable()) is not None:
        console.print(f"The graph is kept in memory: {reason}.", markup=False)
        graph = "memory:"
    console.print("[bold]ChronoKG: when did we believe what, and because of which sentence?[/bold]")
    console.print(NOTE, markup=False)
    curated, comparison, remark = tell(out, graph, console), None, ""
    if model is None:
        console.print("\n[bold]7. No model.[/bold] Reading is left out, as asked with --no-model.")
    else:
        try:
            comparison, remark = read(out, graph, model, curated, console)
        except ModelFailed as error:
            print(f"demo: {error}; the report goes without that part", file=sys.stderr)
            code = 1
    report = _report(out, curated, comparison, remark)
    console.print(f"\n[bold]8. The report.[/bold] {report.stat().st_size / 1e6:.1f} MB, one file; open it in a browser, no network needed:")
    console.print(f"  {report}", markup=False)
    explorer = write_explorer(curated.home, EXPLORED, out / "explorer.html")
    console.print("\nAnd what is behind it, to go through day by day:")
    console.print(f"  {explorer}", markup=False)
    _what_next(out, graph, console)
    console.print(f"\nDone in {time.monotonic() - began:.0f} s.")
    return code


def _report(out: Path, curated: Curated, comparison: Comparison | None, remark: str) -> Path:
    telling = Telling(
        title="When medicine changed its mind",
        introduction=NOTE,
        citations=_citations(),
        updates=curated.updates,
        reading=comparison,
        remark=remark,
        days=DAYS,
    )
    return report_on(curated.home, out / "report.html", stories_from(HERE / "stories.yaml"), telling=telling)


def _citations() -> Citations:
    files = (HERE / "abstracts.jsonl", HERE / "late.jsonl")
    documents = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return {DocumentId(document["id"]): f"after {document['about']}" for document in documents}


def _what_next(out: Path, graph: str, console: Console) -> None:
    program, home = Path(sys.executable).with_name("chronokg"), f"--home {out / 'curated'}"
    chronokg = str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else "chronokg"
    kept = "" if graph == "embedded" else f" --graph {graph}"
    commands = [f'{chronokg} why rofecoxib cause "myocardial infarction" {home}{kept}']
    if graph != "memory:":
        cypher = "MATCH (d:Chemical)-[r:PREVENT]->(x) RETURN d.name, x.name, r.valid_from, r.valid_to ORDER BY r.valid_from"
        commands.append(f'{chronokg} query "{cypher}" {home}{kept}')
    else:
        commands.append(f"{chronokg} timeline rosiglitazone {home}{kept}")
    commands.append(f'{chronokg} ask "Does beta-carotene prevent lung cancer?" --as-of 1993-01-01 {home}{kept}')
    console.print("\nTry next:")
    for command in commands:
        console.print(f"  {command}", markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo-out"), help="the folder for homes and report (default: demo-out)")
    parser.add_argument("--no-model", action="store_true", help="leave out what a language model reads")
    parser.add_argument("--model", default="embedded", help="embedded (default), a URL of an OpenAI-compatible server, or scripted:FILE")
    parser.add_argument("--graph", default="embedded", choices=["embedded", "memory:"], help="where the graph is kept (default: embedded)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
