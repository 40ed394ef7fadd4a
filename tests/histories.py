"""Random histories for the laws: observations, readings by two readers, revisions, retractions, deletions, trust, names judged."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from pipeline.believing.rules import Rules
from schema.dates import PartialDate
from schema.document import Document
from schema.entity_names import provisional_key
from schema.ids import BatchId, DocumentId, EntityKey, stable_id
from schema.observation import Entity, Observation, Polarity, Reader
from schema.ontology import Ontology
from schema.records import (
    Deletion,
    Judgement,
    JudgementWithdrawal,
    Preference,
    Reading,
    Recorded,
    Restoration,
    Retraction,
    RetractionWithdrawal,
    Ruling,
    RulingWithdrawal,
    Sameness,
    Verdict,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
CHEMICALS = [Entity(EntityKey(f"MESH:C{n}"), "Chemical", f"drug {n}") for n in range(2)]
DISEASES = [Entity(EntityKey(f"MESH:D{n}"), "Disease", f"illness {n}") for n in range(2)]
GENES = [Entity(EntityKey(f"NCBIGene:{n}"), "Gene", f"GEN{n}") for n in range(2)]
NAMES = [("Chemical", "aspro"), ("Chemical", "Aspro C"), ("Disease", "sickness"), ("Gene", "gen-A")]
NAMED = [Entity(provisional_key(kind, name), kind, name) for kind, name in NAMES]
"""Names that no vocabulary was asked about: which entities they are, judgements say."""

READERS = [Reader("labels", "a-model", "1", "1"), Reader("labels", "b-model", "1", "1")]
TYPES = [(), ("Case Reports",), ("Randomized Controlled Trial",), ("Review", "Meta-Analysis")]
SOURCES = ["pubmed", "pubmed", "preprints", "preprints", "PrePrints ", "somebody"]
DATES = ["1999", "2000-03", "2000-03-14", "2001", "2001-07-01", "2004-11", "2010-02-28", "2010-02"]


@dataclass(frozen=True)
class Ends:
    head: Entity
    relation: str
    tail: Entity


def ends() -> st.SearchStrategy[Ends]:
    drug = st.builds(
        Ends,
        st.sampled_from([*CHEMICALS, *NAMED[:2]]),
        st.sampled_from(["treat", "cause", "prevent", "associate"]),
        st.sampled_from([*DISEASES, NAMED[2]]),
    )
    gene = st.builds(
        lambda pair, relation: Ends(pair[0], relation, pair[1]),
        st.permutations([*GENES, NAMED[3]]),
        st.sampled_from(["inhibit", "stimulate", "positive_correlate", "negative_correlate"]),
    )
    return drug | gene


def observations(documents: int = 6) -> st.SearchStrategy[Observation]:
    """Observations made elsewhere."""
    return st.builds(
        lambda number, when, said, confidence, denies, kinds, source, name: Observation(
            document=DocumentId(f"PMID:{number}"),
            published=PartialDate.parse(when),
            source=source,
            head=Entity(said.head.key, said.head.type, name or said.head.name),
            relation=said.relation,
            tail=said.tail,
            confidence=confidence,
            polarity=Polarity.DENIES if denies else Polarity.ASSERTS,
            quote=f"{said.head.name} {said.relation} {said.tail.name}",
            publication_types=kinds,
        ),
        st.integers(1, documents),
        st.sampled_from(DATES),
        ends(),
        st.sampled_from([0.3, 0.59, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]),
        st.booleans(),
        st.sampled_from(TYPES),
        st.sampled_from(SOURCES),
        st.sampled_from([None, None, "another name"]),
    )


@st.composite
def readings(draw: Any, ontology: Ontology, documents: int = 6) -> list[Any]:
    """A revision of a document, read by a reader: the document, the reading, and its observations."""
    number = draw(st.integers(1, documents))
    document = Document(
        id=DocumentId(f"PMID:{number}"),
        title=draw(st.sampled_from(["A title", "A corrected title"])),
        published=PartialDate.parse(draw(st.sampled_from(DATES))),
        source=draw(st.sampled_from(["pubmed", "pubmed", "preprints"])),
        publication_types=draw(st.sampled_from(TYPES)),
        version=draw(st.integers(1, 2)),
    )
    reader = draw(st.sampled_from(READERS))
    # What a reader takes from a revision depends on both only: a replay cannot give another answer.
    chosen = int(stable_id(str(document.revision), reader.name), 16)
    said = [
        Observation(
            document=document.id,
            published=document.published or PartialDate.parse("2000"),
            source=document.source,
            head=[*CHEMICALS, NAMED[0]][(chosen >> shift) % 3],
            relation=["treat", "cause", "prevent"][(chosen >> shift) % 3],
            tail=DISEASES[(chosen >> (shift + 1)) % 2],
            confidence=[0.5, 0.7, 0.9][(chosen >> (shift + 2)) % 3],
            polarity=Polarity.DENIES if (chosen >> (shift + 5)) % 4 == 0 else Polarity.ASSERTS,
            publication_types=document.publication_types,
            revision=document.revision,
            reader=reader,
        )
        for shift in (3, 11)[: chosen % 3]
    ]
    assert all(ontology.allows(o.head.type, o.relation, o.tail.type) for o in said)
    judged = draw(st.lists(judgements(), max_size=1))
    return [document, Reading(document.id, document.revision, reader), *judged, *said]


def judgements() -> st.SearchStrategy[Judgement]:
    """Judgements on the names: by two vocabularies and by persons, on entities and on other names, also in circles."""
    keys = {"Chemical": [*CHEMICALS, *NAMED[:2]], "Disease": [*DISEASES, NAMED[2]], "Gene": GENES}
    pairs = [(*name, entity.key) for name in [*NAMES, ("Chemical", "ASPRO")] for entity in keys[name[0]]]
    same = [Sameness.SAME, Sameness.SAME, Sameness.SAME, Sameness.DIFFERENT, Sameness.UNSURE]
    return st.builds(
        lambda pair, sameness, by, label: Judgement(pair[1], pair[0], pair[2], sameness, by, 0.9, label=label, by_person=by == "someone"),
        st.sampled_from(pairs),
        st.sampled_from(same),
        st.sampled_from(["names 1", "names 2", "names 2", "someone"]),
        st.sampled_from(["", "", "a label", "another label"]),
    )


def rulings() -> st.SearchStrategy[Ruling]:
    """Rulings of persons and models on one conflict; few enough that withdrawals meet them."""
    drugs = st.sampled_from([CHEMICALS[0].key, CHEMICALS[0].key, NAMED[0].key])
    return st.builds(
        lambda drug, verdict, by_model: Ruling((drug, DISEASES[0].key), ("cause", "treat"), verdict, "someone", by_model=by_model),
        drugs.filter(lambda key: key < DISEASES[0].key),
        st.sampled_from(Verdict),
        st.booleans(),
    )


def notices(documents: int = 6) -> st.SearchStrategy[Any]:
    """Retractions (some by a notice), what takes them back, deletions and restorations, by sources and by persons."""
    keys, sources = st.integers(1, documents).map(lambda n: DocumentId(f"PMID:{n}")), st.sampled_from([None, "pubmed", "preprints"])
    on = st.sampled_from([None, PartialDate.parse("2011-01-01"), PartialDate.parse("2012")])
    return st.one_of(
        st.builds(Retraction, keys, on, st.none() | keys, sources),
        st.builds(RetractionWithdrawal, keys, st.sampled_from(["command 3", "command 4"]), st.sampled_from([None, "preprints"])),
        st.builds(Deletion, keys, st.sampled_from(["file", "command 1"]), sources),
        st.builds(Restoration, keys, st.sampled_from(["command 2"]), st.none()),
    )


def events(documents: int = 6) -> st.SearchStrategy[Any]:
    """Notices, rulings, judgements and withdrawals of them, preferences."""
    return notices(documents) | st.one_of(
        rulings(),
        judgements(),
        judgements().map(lambda judged: JudgementWithdrawal(judged.id, judged.name, judged.type, "a person")),
        st.builds(lambda ruling: RulingWithdrawal(ruling.id, ruling.ends, ruling.relations, "a person"), rulings()),
        preferences(),
    )


def preferences() -> st.SearchStrategy[Preference]:
    """Orders of readers."""
    return st.builds(Preference, st.sampled_from([reader.name for reader in READERS]))


@st.composite
def histories(draw: Any, ontology: Ontology) -> list[tuple[Recorded[Any], ...]]:
    """Units that arrive together, each with the moment when it was recorded; every identity has one moment."""
    units: list[list[Any]] = [[o] for o in draw(st.lists(observations(), min_size=1, max_size=14))]
    units += draw(st.lists(readings(ontology), max_size=4))
    units += [[event] for event in draw(st.lists(events(), max_size=5))]
    taken = draw(st.lists(judgements(), max_size=3))
    units += [[judged] for judged in taken]
    units += [[JudgementWithdrawal(judged.id, judged.name, judged.type, "a person")] for judged in taken[: draw(st.integers(0, 1))]]
    return recorded_in_turn(units)


@st.composite
def sourced_histories(draw: Any, ontology: Ontology) -> list[tuple[Recorded[Any], ...]]:
    """The same without judgements and rulings: what documents say, by whom, and what becomes of documents."""
    units: list[list[Any]] = [[o] for o in draw(st.lists(observations(4), min_size=1, max_size=14))]
    units += [[r for r in unit if not isinstance(r, Judgement)] for unit in draw(st.lists(readings(ontology, 4), max_size=5))]
    units += [[event] for event in draw(st.lists(notices(4) | preferences(), max_size=4))]
    return recorded_in_turn(draw(st.permutations(units)))


def recorded_in_turn(units: list[list[Any]]) -> list[tuple[Recorded[Any], ...]]:
    """Units of records, each recorded an hour after the one before it; every identity keeps its first moment."""
    moments: dict[str, datetime] = {}
    history = []
    for number, unit in enumerate(units):
        entries = []
        for record in unit:
            key = f"{record.id} {record.revision}" if isinstance(record, Document) else str(record.id)
            at = moments.setdefault(key, START + timedelta(hours=number))
            entries.append(Recorded(record, at))
        history.append(tuple(entries))
    return history


def rules_for(ontology: Ontology) -> st.SearchStrategy[Rules]:
    """Rules with and without doubt about a source, and each policy's default."""
    doubts = [{}, {"preprints": 0.5}, {"preprints": 0.0}, {"pubmed": 1.0, "default": 0.4}]
    return st.sampled_from([Rules(ontology, trust=trust) for trust in doubts])


def batch_of(records: tuple[Recorded[Any], ...]) -> BatchId:
    """The identity that a batch with this content has."""
    return BatchId(stable_id(*[(str(r.record.id), str(getattr(r.record, "revision", ""))) for r in records]))


def days() -> st.SearchStrategy[date]:
    """Days in and around the histories."""
    return st.dates(date(1998, 6, 1), date(2013, 1, 1))


def moments(count: int) -> st.SearchStrategy[datetime]:
    """Moments in and around the recording of so many units."""
    return st.integers(-1, count).map(lambda n: START + timedelta(hours=n))
