"""How a home stands at this moment, for who watches it: the log as it is, and the graph as far as it can be seen without opening it."""

from shutil import disk_usage

from flows.home.graph_to_read import graph_in_numbers
from flows.home.homes import EMBEDDED, Home
from flows.watching.metrics import Glance, facts_by_status, followed_graph
from graph_store.cypher.left_graph import counts_of
from pipeline.intake.set_aside_list import open_set_aside
from pipeline.intake.status import set_aside_by_error, share_set_aside, totals
from pipeline.updating.graph_state import Condition, GraphState, state_as_data
from schema.records import BatchReport


def glance_at(home: Home) -> Glance:
    """What the log tells, and the disk; of the graph what this process brings along, or what the last writer left in order."""
    log, version = home.log, home.log.version()
    aside = open_set_aside(log)
    counts = totals(tally for report in log.records(BatchReport) for tally in report.record.tallies)
    position = log.position()
    behind, facts = _graph_of(home, position)
    return Glance(
        log=version.log,
        batches=position,
        committed=log.committed(),
        behind=behind,
        aside=set_aside_by_error(aside),
        share=share_set_aside(aside, counts),
        facts=facts,
        room=disk_usage(home.path).free,
    )


def _graph_of(home: Home, position: int) -> tuple[int | None, dict[str, int]]:
    """Batches that the graph lacks, and its facts by status."""
    version = home.log.version()
    if (known := followed_graph(version.log)) is not None:
        return max(0, position - known.position), dict(known.facts)
    left = left_graph_of(home)
    return (None, {}) if left is None else (0, facts_by_status(left))


def left_graph_of(home: Home) -> dict[str, int] | None:
    """What an embedded graph holds that was left in order and is the fold of the whole log; None where only the graph itself can tell."""
    if home.graph_here != EMBEDDED:
        return None
    return counts_of(home.graph_folder, home.rules.ontology, home.rules.fingerprint, home.log.version())


def graph_at_a_glance(home: Home) -> dict[str, object]:
    """Name and counts of the graph and how it stands to the log, as far as that is seen without starting a database or folding the log."""
    if home.on_server or left_graph_of(home) is not None:
        return graph_in_numbers(home)
    condition = Condition.CURRENT if home.is_in_memory else Condition.CLOSED
    return {"store": home.graph_here, **state_as_data(GraphState(condition))}
