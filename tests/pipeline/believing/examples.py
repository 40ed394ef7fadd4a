"""Short ways to say what a document says."""

from datetime import UTC, datetime

from pipeline.believing.evidence import Evidence
from schema.dates import PartialDate
from schema.document import Document
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.ports import Naming
from schema.records import Recorded

AT = datetime(2026, 1, 1, tzinfo=UTC)
DRUG = Entity(EntityKey("MESH:C1"), "Chemical", "a drug")
ILLNESS = Entity(EntityKey("MESH:D1"), "Disease", "an illness")


def asserts(
    document: str,
    published: str,
    relation: str = "treat",
    confidence: float = 0.8,
    source: str = "pubmed",
    kinds: tuple[str, ...] = (),
    head: Entity = DRUG,
    tail: Entity = ILLNESS,
    polarity: Polarity = Polarity.ASSERTS,
) -> Observation:
    return Observation(
        document=DocumentId(document),
        published=PartialDate.parse(published),
        source=source,
        head=head,
        relation=relation,
        tail=tail,
        confidence=confidence,
        polarity=polarity,
        quote=f"sentence of {document}",
        publication_types=kinds,
    )


def evidence_of(*observations: Observation, documents: tuple[Document, ...] = ()) -> Evidence:
    return Evidence(
        observations=tuple(Recorded(o, AT) for o in observations),
        documents=tuple(Recorded(d, AT) for d in documents),
        namings=tuple(Recorded(Naming(o.document, end), AT) for o in observations for end in (o.head, o.tail)),
    )
