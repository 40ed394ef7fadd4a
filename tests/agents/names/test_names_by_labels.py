"""Finding names by label probabilities, with a model in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.adapters.skills import Base, Skills
from agents.asking.prompting import prompt
from agents.models.embedded_model import EmbeddedModel
from agents.names.found_names import FoundNames
from agents.names.names_by_labels import LabelNames, likeliest
from agents.reader import ReadingAgent
from agents.replies.reply_cache import SqliteReplyCache
from pipeline.formats.documents import read
from schema.document import Document, Passage, Span
from schema.errors import WrongUse
from schema.ids import DocumentId
from schema.ontology import Ontology
from schema.ports import Extraction, Scored
from schema.usage import NOTHING_PAID, Usage
from tests.agents.fakes import BIOMEDICAL, GENERAL, FakeModel
from tests.agents.names.stand_ins import Silent, Unlinking

KINDS = {"none": "none", "Chemical": "chemical", "Disease": "disease", "Gene": "gene", "Species": "species"}
SKILLS = Skills(
    name="taught-1",
    base=Base(file="weights.gguf", sha256="0" * 64),
    prompt="labels-2",
    words={"none": "none", "treat": "treat"},
    relations={"treat": (("Chemical", "Disease"),)},
    names="names-1",
    kinds=KINDS,
)


class Sure(FakeModel):
    """A model that is as sure as it is told to be that a name is of a type, and that all others are none."""

    def __init__(self, **sure: tuple[str, float]) -> None:
        super().__init__()
        self.sure = {name.replace("_", " "): said for name, said in sure.items()}

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        self.asked.append((prefix, tuple(queries), tuple(labels)))
        rows = []
        for query in queries:
            word, chance = self.sure.get(query.strip().removesuffix(":"), ("none", 1.0))
            rows.append(tuple(chance if label == f" {word}" else (1.0 - chance) * (label == " none") for label in labels))
        return Scored(tuple(rows), Usage(1, len(prefix), len(queries)))

    def names_asked(self) -> list[list[str]]:
        return [[query.strip().removesuffix(":") for query in queries] for _, queries, _ in self.asked]


def text(*passages: str, title: str = "On drugs.") -> Document:
    return Document(DocumentId("PMID:1"), title, tuple(map(Passage, passages)))


def find(model: FakeModel, document: Document, known: Sequence[str] = (), ontology: Ontology = BIOMEDICAL, **options: Any) -> FoundNames:
    return asyncio.run(LabelNames(model, ontology, SKILLS, **options).find(document, known))


def named(found: FoundNames) -> list[str]:
    return [f"{mention.type} {mention.text}" for mention in found.mentions]


def test_what_a_model_takes_for_a_name_is_marked_wherever_it_stands() -> None:
    model = Sure(Aspirin=("chemical", 0.9), aspirin=("chemical", 0.9), headache=("disease", 0.8), mice=("species", 0.6))
    document = text("Aspirin relieved headache in mice.", "In mice, aspirin was safe.")
    found = find(model, document)
    assert named(found) == ["Chemical Aspirin", "Disease headache", "Species mice", "Species mice", "Chemical aspirin"]
    assert all(document.text[mention.start : mention.end] == mention.text for mention in found.mentions)
    assert all(mention.identifiers == () for mention in found.mentions)
    assert found.usage == Usage(1, len(model.asked[0][0]), len(model.asked[0][1]))
    assert found.refused == {}


def test_the_question_is_the_text_once_and_a_line_for_each_piece_that_could_be_a_name() -> None:
    model = Sure()
    find(model, text("The [new] aspirin relieved headache."))
    ((prefix, queries, labels),) = model.asked
    assert prefix == "\n\nText: On drugs. The (new) aspirin relieved headache."
    assert "\naspirin:" in queries
    assert len(set(queries)) == len(queries)
    assert labels == (" none", " chemical", " disease", " gene", " species")


def test_what_is_not_likely_enough_is_no_name_and_the_cut_can_be_moved() -> None:
    document = text("Aspirin relieved headache.")
    model = Sure(Aspirin=("chemical", 0.5), headache=("disease", 0.49))
    assert named(find(model, document)) == ["Chemical Aspirin"]
    assert named(find(model, document, cut=0.4)) == ["Chemical Aspirin", "Disease headache"]


def test_the_spellings_of_a_name_have_one_answer() -> None:
    model = Sure(Aspirin=("chemical", 0.9), aspirin=("chemical", 0.3))
    assert named(find(model, text("Aspirin relieved it. The aspirin was safe."))) == ["Chemical Aspirin", "Chemical aspirin"]
    assert named(find(model, text("Aspirin relieved it. The aspirin was safe."), cut=0.7)) == []


def test_the_longer_of_two_names_stays() -> None:
    model = Sure(breast_cancer=("disease", 0.6), cancer=("disease", 0.95))
    assert named(find(model, text("She had breast cancer. It was cancer."))) == ["Disease breast cancer", "Disease cancer"]


def test_a_shorter_name_stays_where_the_longer_one_is_likely_none() -> None:
    model = Sure(asthma_patients=("disease", 0.3), asthma=("disease", 0.9), patients=("species", 0.9))
    assert named(find(model, text("We saw asthma patients."), cut=0.2)) == ["Disease asthma", "Species patients"]


def test_names_that_vocabularies_have_are_asked_about_first_and_only_where_they_stand() -> None:
    model = Sure(**{"disease of the hand": ("disease", 0.9)})
    found = find(model, text("He had a disease of the hand."), ("disease of the hand", "zorbin", "was", "of"))
    assert named(found) == []  # begins with a word that no name begins with
    model = Sure(**{"gout of the big toe": ("disease", 0.9)})
    found = find(model, text("He had gout of the big toe."), ("gout of the big toe", "zorbin", "had"))
    assert named(found) == ["Disease gout of the big toe"]
    assert model.names_asked()[0][0] == "gout of the big toe"
    assert not {"zorbin", "had"} & set(model.names_asked()[0])


def test_a_type_that_the_ontology_lacks_counts_as_no_name() -> None:
    model = Sure(Aspirin=("chemical", 0.9))
    assert find(model, text("Aspirin relieved it."), ontology=GENERAL) == FoundNames(())
    assert model.asked == []


def test_a_text_in_which_nothing_could_be_a_name_costs_nothing() -> None:
    model = Sure()
    assert find(model, text("It was not.", title="")) == FoundNames((), NOTHING_PAID)
    assert model.asked == []


def test_a_long_text_is_asked_about_in_windows_and_a_huge_one_at_its_beginning() -> None:
    passages = [f"Drug{number}x relieved headache{number} in all of them." for number in range(400)]
    model = Sure()
    find(model, text(*passages), window=500)
    assert len(model.asked) == 24
    assert all(len(prefix) < 520 for prefix, _, _ in model.asked)
    model = Sure(drug=("chemical", 0.9))
    find(model, text("drug one. " * 1_000_000), most=5)
    assert len(model.asked) == 24
    assert max(map(len, model.names_asked())) <= 5


def test_the_windows_of_a_name_are_heard_together() -> None:
    class Turning(Sure):
        async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
            self.sure = {"aspirin": ("chemical", 0.9 if "First" in prefix else 0.3)}
            return await super().score(prefix, queries, labels, shared)

    document = text("First came aspirin and it helped.", "Then, much later, came aspirin.")
    assert len(find(Turning(), document, window=40).mentions) == 2
    assert find(Turning(), document, window=40, cut=0.7).mentions == ()


def test_a_model_that_was_not_taught_to_find_names_is_refused() -> None:
    with pytest.raises(WrongUse, match="taught-1 was not taught"):
        LabelNames(Sure(), BIOMEDICAL, SKILLS.model_copy(update={"names": None, "kinds": {}}))


def test_answers_are_paid_once_and_again_where_other_names_are_known(tmp_path: Path) -> None:
    cache = SqliteReplyCache(tmp_path / "replies.sqlite")
    model = Sure(Aspirin=("chemical", 0.9))
    document = text("Aspirin relieved headache.")

    def again(*known: str, **options: Any) -> Extraction:
        names = LabelNames(model, BIOMEDICAL, SKILLS, **options)
        return asyncio.run(ReadingAgent(Silent(), names=names, linker=Unlinking(*known), cache=cache).read(document))

    first = again()
    assert again() == replace(first, usage=Usage(cached=2))
    assert len(model.asked) == 1
    again("headache")
    again("headache")
    assert len(model.asked) == 2
    again(cut=0.9)
    assert len(model.asked) == 3


def test_equally_likely_types_are_settled_by_the_order_of_the_ontology() -> None:
    class Torn(FakeModel):
        async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
            return Scored(((0.0, 0.4, 0.4, 0.1, 0.1),) * len(queries), Usage())

    first = next(kind for kind in BIOMEDICAL.entity_types if kind in {"Chemical", "Disease"})
    assert {mention.type for mention in find(Torn(), text("Aspirin.", title="")).mentions} == {first}


def test_a_model_that_tells_no_answer_from_another_names_nothing() -> None:
    class Blank(FakeModel):
        async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
            return Scored(((1 / len(labels),) * len(labels),) * len(queries), Usage())

    assert find(Blank(), text("Aspirin relieved headache.")).mentions == ()


@pytest.mark.xdist_group("language model")
def test_the_words_for_types_are_answers_that_the_embedded_model_can_give(plain_model: EmbeddedModel) -> None:
    kinds = {name: words[0] for name, words in prompt("names-1").words.items()}
    finder = LabelNames(plain_model, BIOMEDICAL, SKILLS.model_copy(update={"kinds": kinds}), cut=0.0, most=3)
    found = asyncio.run(finder.find(text("Aspirin.")))
    assert set(kinds) == {"none", *BIOMEDICAL.entity_types}
    assert [mention.text for mention in found.mentions] == ["drugs", "Aspirin"]


SPANS = st.tuples(st.integers(0, 18), st.integers(1, 6)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1]))


@given(st.dictionaries(SPANS, st.floats(0.0, 1.0)))
def test_what_is_kept_overlaps_nothing_and_what_is_left_out_overlaps_something_kept(chances: dict[Span, float]) -> None:
    found = [(span, chance, str(span)) for span, chance in chances.items()]
    kept = likeliest(found, 24)
    assert kept == sorted(kept) == likeliest(reversed(found), 24)
    for (_, end), (start, _) in zip([span for span, _ in kept], [span for span, _ in kept[1:]], strict=False):
        assert end <= start
    for span in chances:
        assert any(span[0] < end and start < span[1] for (start, end), _ in kept)


def test_a_model_that_knows_each_name_by_itself_marks_real_abstracts_nearly_as_annotators_do(shared: Path) -> None:
    file = shared / "data" / "biored" / "Dev.PubTator"
    with file.open("rb") as stream:
        documents = [item for item in read(stream, file.name) if isinstance(item, Document)]
    marked = found = both = 0
    for document in documents:
        kinds = {document.text[mention.start : mention.end]: mention.type.lower() for mention in document.mentions}
        model = Sure(**{name: (kind, 0.9) for name, kind in kinds.items() if kind in KINDS.values()})
        gold = {(mention.start, mention.end, mention.type) for mention in document.mentions if mention.type in KINDS}
        said = {(mention.start, mention.end, mention.type) for mention in find(model, replace(document, mentions=())).mentions}
        marked, found, both = marked + len(gold), found + len(said), both + len(gold & said)
    assert both / marked > 0.95
    assert both / found > 0.98
