"""The roof: settings, wiring and the command line; and for Python users the jobs of every day, by `import flows as chronokg`.

    import flows as chronokg

    home = chronokg.open_home("my-graph", graph="memory:")
    chronokg.observe_file(home, "observations.jsonl")
    print(chronokg.ask(home, "does flecainide prevent arrhythmias?")["text"])

Each job is a function of an open home, raises a schema.errors.ChronoKGError that says value, rule and place, and is imported when it
is first used, so that importing this costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.answers.answers_from_log import context_for as ask
    from flows.answers.answers_from_log import export_lines
    from flows.answers.answers_from_log import timeline_of as timeline
    from flows.answers.answers_from_log import why_of as why
    from flows.answers.entities import found_entities as find
    from flows.answers.export_files import networkx_of as networkx_graph
    from flows.answers.export_files import tables_of as tables
    from flows.explorer.explorer_file import write_explorer
    from flows.home.homes import Home, open_home
    from flows.jobs.ingesting import ingest
    from flows.jobs.keeping import delete_document as delete
    from flows.jobs.keeping import rebuild_graph as rebuild
    from flows.jobs.keeping import restore_document as restore
    from flows.jobs.keeping import retract_document as retract
    from flows.jobs.keeping import status_of as status
    from flows.jobs.keeping import unretract_document as unretract
    from flows.jobs.observing import observe_file
    from flows.quality.evaluate import evaluate_reading
    from flows.report.digests import digest_since as digest
    from flows.report.report_writer import report_on
    from flows.wiring.home_vocabularies import load_vocabularies

__all__ = [
    "Home",
    "ask",
    "delete",
    "digest",
    "evaluate_reading",
    "export_lines",
    "find",
    "ingest",
    "load_vocabularies",
    "networkx_graph",
    "observe_file",
    "open_home",
    "rebuild",
    "report_on",
    "restore",
    "retract",
    "status",
    "tables",
    "timeline",
    "unretract",
    "why",
    "write_explorer",
]

_PLACES = {
    "Home": "flows.home.homes:Home",
    "ask": "flows.answers.answers_from_log:context_for",
    "delete": "flows.jobs.keeping:delete_document",
    "digest": "flows.report.digests:digest_since",
    "evaluate_reading": "flows.quality.evaluate:evaluate_reading",
    "export_lines": "flows.answers.answers_from_log:export_lines",
    "find": "flows.answers.entities:found_entities",
    "ingest": "flows.jobs.ingesting:ingest",
    "load_vocabularies": "flows.wiring.home_vocabularies:load_vocabularies",
    "networkx_graph": "flows.answers.export_files:networkx_of",
    "observe_file": "flows.jobs.observing:observe_file",
    "open_home": "flows.home.homes:open_home",
    "rebuild": "flows.jobs.keeping:rebuild_graph",
    "report_on": "flows.report.report_writer:report_on",
    "restore": "flows.jobs.keeping:restore_document",
    "retract": "flows.jobs.keeping:retract_document",
    "status": "flows.jobs.keeping:status_of",
    "tables": "flows.answers.export_files:tables_of",
    "timeline": "flows.answers.answers_from_log:timeline_of",
    "unretract": "flows.jobs.keeping:unretract_document",
    "why": "flows.answers.answers_from_log:why_of",
    "write_explorer": "flows.explorer.explorer_file:write_explorer",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
