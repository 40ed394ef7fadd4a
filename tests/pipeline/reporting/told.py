"""The worked example of design.md, and a document that is retracted: what the reports of these tests tell."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.believing.evidence import Evidence
from pipeline.believing.gathering import one_by_one
from pipeline.intake.batches import observe_lines
from pipeline.reporting.comparison import Comparison, Sayable, compare
from pipeline.reporting.stories import Story
from schema.dates import PartialDate
from schema.document import Document, Mention
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Observation
from schema.ontology import Ontology
from schema.records import Recorded, Retraction
from tests.flows.commands.running import line
from tests.graph_store.log.memory_log import MemoryEvidenceLog

START = datetime(2026, 1, 1, tzinfo=UTC)
DRUG, ILLNESS = EntityKey("MESH:C1"), EntityKey("MESH:D1")
EVIL = "</script><script>alert('run')</script><img src=x onerror=alert('run')>"
STORY = Story("a story", ((ILLNESS, DRUG),))

LINES = [
    line("PMID:1", "2001-03-01", "prevent", 0.80),
    line("PMID:2", "2004-03-01", "prevent", 0.70),
    line("PMID:3", "2010-03-01", "cause", 0.90),
    line("PMID:4", "2006-03-01", "prevent", 0.95, polarity="denies"),
]


def evidence_of(ontology: Ontology, lines: Sequence[dict[str, Any]] = LINES, retracted: str | None = "PMID:4") -> Evidence:
    log = MemoryEvidenceLog()
    log.append(BatchId("1"), observe_lines(list(enumerate(lines, 1)), "test", ontology, START).records)
    if retracted is not None:
        notice = Retraction(DocumentId(retracted), PartialDate.parse("2006-06-01"))
        log.append(BatchId("2"), [Recorded(notice, START + timedelta(days=1))])
    return one_by_one(log)


def read_document(number: int) -> Document:
    text = "A drug and an illness."
    mentions = (Mention(2, 6, "drug", "Chemical", (DRUG,)), Mention(14, 21, "illness", "Disease", (ILLNESS,)))
    return Document(DocumentId(f"PMID:{number}"), text, published=PartialDate.parse("2001"), source="test", mentions=mentions)


def comparison_of(
    read: Sequence[Observation], curated: Sequence[Observation], ontology: Ontology, sayable: Sayable | None = None
) -> Comparison:
    texts = [read_document(number) for number in (1, 2, 3)]
    return compare(read, curated, texts, ontology=ontology, names={}, threshold=0.6, model=f"model {EVIL}", sayable=sayable)
