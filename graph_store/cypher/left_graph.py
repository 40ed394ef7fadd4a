"""What an embedded graph said of itself when its last writer closed it: who only counts need not start the database."""

import json
from pathlib import Path

from graph_store.cypher.definitions import GRAPH_FORMAT
from graph_store.cypher.embedded_files import damage_in
from schema.ontology import Ontology
from schema.ports import GraphStore, LogVersion

_SUMMARY = "summary.json"


def forget(directory: Path) -> None:
    """To be called before the graph of a directory is written to."""
    (directory / _SUMMARY).unlink(missing_ok=True)


def leave(directory: Path, store: GraphStore, ontology: Ontology, fingerprint: str) -> None:
    """Write down how much is in a graph, and how far it has come; a graph that is not whole, or folded by other rules, leaves nothing."""
    meta = store.meta(ontology, fingerprint)
    if meta is not None and meta.as_wanted and meta.is_whole and meta.followed is not None:
        followed = meta.followed
        told = {"log": followed.log, "number": followed.number, "commit": followed.commit, "counts": store.counts()}
        (directory / _SUMMARY).write_text(json.dumps({"rules": _rules(ontology, fingerprint), **told}), encoding="utf-8")


def counts_of(directory: Path, ontology: Ontology, fingerprint: str, version: LogVersion) -> dict[str, int] | None:
    """The counts of a graph that is the fold of a log of this version by these rules; None where the graph itself has to be asked."""
    try:
        told = json.loads((directory / _SUMMARY).read_text(encoding="utf-8"))
        followed = LogVersion(told["log"], told["number"], told["commit"])
        counts = {str(name): int(number) for name, number in told["counts"].items()}
        rules = told["rules"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if rules != _rules(ontology, fingerprint) or followed != version or damage_in(directory):
        return None
    return counts


def _rules(ontology: Ontology, fingerprint: str) -> list[object]:
    return [GRAPH_FORMAT, ontology.id, fingerprint]
