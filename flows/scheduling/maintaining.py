"""`maintain`: small files of the log are put together, graph and log are compared, an export and a backup are brought up to date."""

from pathlib import Path
from typing import Any

from flows.answers.export_files import export_to
from flows.answers.verify import verified_in_words, verify_graph
from flows.backups.backing_up import make_backup
from flows.home.homes import Home, now
from flows.jobs.keeping import rebuild_graph

KEPT_DAYS = 7
"""Days for which files of the log are kept that nothing names any more: who reads an older state or copies it is done by then."""


def compact_log(home: Home) -> dict[str, Any]:
    """Put small files of the log together, and remove what nothing has named for days; returns `text` and counts of files."""
    before, after, removed = home.log.compact(KEPT_DAYS)
    return {
        "text": f"log: {before} files put together into {after}, {removed} that nothing names removed",
        "before": before,
        "after": after,
    }


def check_graph(home: Home, how: str, *, mend: bool) -> dict[str, Any]:
    """Compare the graph with the log, a `sample` or `all` of it, and fold it anew where they differ; returns `text`, `ok`, `rebuilt`.

    A graph that is only behind is brought along first: it differs in nothing that it has.
    """
    if mend:
        home.bring_graph_along()
    found = verify_graph(home, everything=how == "all", seed=now().toordinal())
    rebuilt = bool(mend and not found["ok"])
    if rebuilt:
        rebuild_graph(home)
    told = verified_in_words(found)
    return {"text": f"graph: {told}" + ("; it was folded anew" if rebuilt else ""), "ok": found["ok"] or rebuilt, "rebuilt": rebuilt}


def export_of_day(home: Home, folder: str) -> dict[str, Any]:
    """The canonical export as a file named by the day; one of the same day is replaced."""
    place = Path(folder).expanduser()
    place.mkdir(parents=True, exist_ok=True)
    told = export_to(home, "jsonl", place / f"export-{now().date().isoformat()}.jsonl", force=True)
    return {"text": f"export: {told['text']}", **{name: value for name, value in told.items() if name != "text"}}


def backup_of(home: Home, place: str) -> dict[str, Any]:
    """A backup that has only what is new."""
    told = make_backup(home, place)
    return {"text": f"backup: {told['text']}", **{name: value for name, value in told.items() if name != "text"}}
