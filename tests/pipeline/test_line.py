"""The whole line: a document goes in, and a fact that cites it comes out."""

import asyncio
from dataclasses import replace

from graph_store.memory_store import MemoryStore
from pipeline.believing.rules import Rules
from pipeline.line import construct, history_of
from schema.dates import PartialDate
from schema.document import Document, Mention
from schema.errors import ModelFailed
from schema.fact import Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Claim, Reader
from schema.ontology import Ontology
from schema.ports import Extraction
from schema.records import Reading, SetAside
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.pipeline.believing.examples import AT

DRUG, ILLNESS = EntityKey("MESH:C1"), EntityKey("MESH:D1")
TEXT = "Aspro cures gout."
DOCUMENT = Document(
    id=DocumentId("PMID:1"),
    title=TEXT,
    published=PartialDate.parse("2001-05"),
    source="pubmed",
    mentions=(Mention(0, 5, "Aspro", "Chemical", (DRUG,)), Mention(12, 16, "gout", "Disease", (ILLNESS,))),
)


class OneClaim:
    """Reads the same claim from every document, except from one that its model gives no answer to."""

    reader = Reader("labels", "a-model", "1", "1")

    async def read(self, document: Document) -> Extraction:
        if document.id == "PMID:2":
            raise ModelFailed("no answer")
        return Extraction((Claim(DRUG, "treat", ILLNESS, 0.9, quote=TEXT),))


def test_a_document_goes_in_and_a_fact_that_cites_it_comes_out(biomedical: Ontology) -> None:
    log, store, rules = MemoryEvidenceLog(), MemoryStore(), Rules(biomedical)
    documents = [DOCUMENT, replace(DOCUMENT, id=DocumentId("PMID:2"))]
    intake = asyncio.run(construct(documents, OneClaim(), log, store, rules, AT))
    triple = Triple(DRUG, "treat", ILLNESS)
    assert [fact.triple for fact in store.facts()] == [triple]
    assert [r.record.document for r in log.records(Reading)] == ["PMID:1"]
    assert [r.record.document for r in log.records(SetAside)] == ["PMID:2"]
    documents_told = next(tally for tally in intake.tallies if tally.unit == "document")
    assert (documents_told.committed, documents_told.set_aside) == (1, {"ModelFailed": 1})
    told = history_of(log, rules, [rules.question(triple)])
    assert [report.document for report in told.reports[triple]] == ["PMID:1"]
    assert asyncio.run(construct(documents, OneClaim(), log, store, rules, AT)).batch == intake.batch
    assert log.batches() == [intake.batch]
