"""What became of the documents that once asserted a triple which nothing supports any more."""

from collections.abc import Collection

from pipeline.answering.histories import withdrawn_remarks
from pipeline.believing.gathering import evidence_about
from pipeline.believing.rules import Rules
from pipeline.believing.standing import retractions_that_stand
from pipeline.updating.graph_changes import identity_of
from schema.fact import Triple
from schema.ports import EvidenceLog


def remarks_on_withdrawn(log: EvidenceLog, rules: Rules, triples: Collection[Triple]) -> dict[Triple, list[str]]:
    """For each of these triples a sentence on each document that asserted it."""
    if not triples:
        return {}
    said = [recorded.record for recorded in log.observations({rules.question(triple) for triple in triples})]
    same = identity_of(log, {end.key for o in said for end in (o.head, o.tail)})
    retractions = retractions_that_stand(evidence_about(log, (), {o.document for o in said}), rules)
    return {triple: withdrawn_remarks(triple, said, same, rules.ontology, retractions) for triple in triples}
