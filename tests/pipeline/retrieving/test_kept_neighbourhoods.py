"""What is kept is what would be folded now: never what the log has outgrown, and never more than there is room for."""

from hypothesis import given, settings

from flows.home.settings import load_ontology
from pipeline.believing.rules import Rules
from pipeline.retrieving.kept_neighbourhoods import KeptNeighbourhoods
from pipeline.retrieving.neighbourhood import Neighbourhood, neighbourhood_of
from schema.fact import Fact, Triple
from tests.conftest import examples
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.histories import CHEMICALS, batch_of, histories
from tests.pipeline.believing.test_laws import History, log_of

ONTOLOGY = load_ontology("biomedical")
RULES = Rules(ONTOLOGY)
KEYS = [entity.key for entity in CHEMICALS]


def facts(found: Neighbourhood) -> list[Fact]:
    return found.as_facts(sorted(Triple(*cells) for cells in found.facts.select("head", "relation", "tail").iter_rows()))


@given(histories(ONTOLOGY))
@settings(max_examples=examples(40), deadline=None)
def test_after_every_batch_the_answer_is_the_folds(history: History) -> None:
    log = MemoryEvidenceLog()
    kept = KeptNeighbourhoods(log, RULES)
    for records in history:
        log.append(batch_of(records), records)
        expected = facts(neighbourhood_of(log, RULES, KEYS[:1]))
        assert facts(kept.of(KEYS[:1])) == facts(kept.of(KEYS[:1])) == expected


@given(histories(ONTOLOGY))
@settings(max_examples=examples(5), deadline=None)
def test_what_was_folded_is_not_folded_again_until_room_runs_out(history: History) -> None:
    log = log_of(history)
    roomy, narrow = KeptNeighbourhoods(log, RULES), KeptNeighbourhoods(log, RULES, most_rows=0)
    assert roomy.of(KEYS) is roomy.of(KEYS[::-1])
    found = narrow.of(KEYS)
    assert (narrow.of(KEYS) is found) == (found.rows == 0)
    assert facts(narrow.of(KEYS)) == facts(found) == facts(roomy.of(KEYS))
