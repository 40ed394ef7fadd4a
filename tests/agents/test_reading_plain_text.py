"""The composition that reads plain text: what is found, what is linked, what is asked of the model and what is not."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.names.names_by_labels import LabelNames
from agents.names.names_by_votes import VoteNames
from agents.reader import ReadingAgent
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations
from agents.replies.reply_cache import SqliteReplyCache
from flows.home.homes import open_home
from flows.wiring.readers import extractor_for
from pipeline.formats.documents import read as read_items
from pipeline.linking.mention_linking import link_mentions
from schema.document import Document, Mention, Passage
from schema.entity_names import Link, NameInText, provisional_key
from schema.errors import ModelFailed
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity
from schema.ports import Extraction, Linker, Reply, ReplyCache, Sampled
from schema.records import Judgement, Sameness
from schema.usage import Usage
from tests.agents.fakes import BIOMEDICAL, FakeModel, aspirin, document
from tests.agents.names.test_names_by_labels import SKILLS, Sure
from tests.agents.names.test_names_by_votes import Answering, said

TREATS = '{"claims":[{"head":"C1","relation":"treat","tail":"D1","polarity":"asserts"}]}'


class Speaking(FakeModel):
    """A model that names what it is told to, and says that the first drug treats the first illness."""

    def __init__(self, *named: str, reading: str = TREATS) -> None:
        super().__init__()
        pairs = (one.split(" ", 1) for one in named)
        self.names = json.dumps({"mentions": [{"type": kind, "text": name} for kind, name in pairs]})
        self.reading = reading

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        self.sampled.append((prompt, n, schema, seed))
        said = self.names if "mentions" in schema["properties"] else self.reading
        return Sampled((Reply(said),) * n, Usage(1, 10, n))

    def asked_for(self, what: str) -> list[str]:
        return [prompt for prompt, _, schema, _ in self.sampled if what in schema["properties"]]


class Knowing:
    """A vocabulary of a few names."""

    def __init__(self, **known: str) -> None:
        self.known = known

    def link(self, names: Sequence[NameInText]) -> list[Link]:
        return [self._link(name) for name in names]

    def _link(self, name: NameInText) -> Link:
        key = self.known.get((name.long_form or name.name).lower().replace(" ", "_"))
        if key is None:
            return Link(Sameness.DIFFERENT, None, 0.0, "no name like it", "made")
        return Link(Sameness.SAME, Entity(EntityKey(key), name.type, name.name), 1.0, "exact", "made")


class Linking:
    """Links by what a vocabulary knows; `spotted` are the names that it has in every text."""

    def __init__(self, linker: Linker, *spotted: str) -> None:
        self.linker, self.spotted = linker, spotted
        self.asked: list[str] = []

    def known_in(self, text: str) -> Sequence[str]:
        self.asked.append(text)
        return self.spotted

    def link(self, text: str, mentions: Sequence[Mention]) -> tuple[Sequence[Mention], Sequence[Judgement]]:
        return link_mentions(text, mentions, self.linker, BIOMEDICAL.entity_types)


def plain(text: str) -> Document:
    return Document(DocumentId("PMID:1"), "On drugs.", (Passage(text),))


def reader(model: FakeModel, linker: Linker | None = None, cache: ReplyCache | None = None) -> ReadingAgent:
    inside = VoteRelations(model, BIOMEDICAL, votes=2)
    return ReadingAgent(inside, names=VoteNames(model, BIOMEDICAL), linker=Linking(linker or Knowing()), cache=cache)


def read(found: Document, model: FakeModel, linker: Linker | None = None) -> Extraction:
    return asyncio.run(reader(model, linker).read(found))


def test_a_document_that_brings_its_entities_is_read_as_it_is():
    model = Speaking("Chemical gastritis")
    plain_reader, inside = reader(model), VoteRelations(Speaking(), BIOMEDICAL, votes=2)
    assert asyncio.run(plain_reader.read(aspirin())) == asyncio.run(inside.read(aspirin()))
    assert model.asked_for("mentions") == []
    assert plain_reader.reader == replace(inside.reader, prompt="votes-2+mentions-1")


def test_names_are_found_linked_and_read_and_the_cost_is_that_of_all():
    model = Speaking("Chemical aspirin", "Disease headache")
    told = read(plain("Aspirin relieved headache. It was seen in 40 of them."), model, Knowing(aspirin="MESH:D001241"))
    (claim,) = told.claims
    assert (claim.head, claim.tail) == ("MESH:D001241", provisional_key("Disease", "headache"))
    assert claim.quote == "Aspirin relieved headache."
    assert [(mention.text, mention.identifiers) for mention in told.mentions] == [
        ("Aspirin", ("MESH:D001241",)),
        ("headache", (provisional_key("Disease", "headache"),)),
    ]
    assert [(judged.name, judged.key, judged.sameness) for judged in told.judgements] == [("Aspirin", "MESH:D001241", Sameness.SAME)]
    assert told.usage.requests == len(model.sampled) == 3


def test_mentions_without_an_identifier_are_linked_and_no_others_sought():
    found = document("Aspirin relieved headache.", ("Aspirin", "Chemical", "MESH:D001241"), ("headache", "Disease", ()))
    model = Speaking("Chemical headache")
    told = read(found, model)
    assert [(claim.head, claim.tail) for claim in told.claims] == [("MESH:D001241", provisional_key("Disease", "headache"))]
    assert [mention.text for mention in told.mentions] == ["headache"]
    assert model.asked_for("mentions") == []


def test_a_short_form_is_the_same_thing_as_its_long_form():
    model = Speaking("Chemical vancomycin", "Disease non-small cell lung cancer", "Disease NSCLC")
    text = "Vancomycin was given in non-small cell lung cancer (NSCLC). NSCLC went on."
    assert len({mention.identifiers for mention in read(plain(text), model).mentions if mention.type == "Disease"}) == 1
    known = read(plain(text), model, Knowing(**{"non-small_cell_lung_cancer": "MESH:D002289"}))
    assert {mention.identifiers for mention in known.mentions if mention.type == "Disease"} == {("MESH:D002289",)}
    assert [claim.tail for claim in known.claims] == ["MESH:D002289"]


def test_a_text_in_which_nothing_is_named_is_read_and_has_no_claims():
    model = Speaking()
    assert read(plain("Nobody knows."), model) == Extraction((), Usage(1, 10, 3))
    assert model.asked_for("claims") == []


def test_another_vocabulary_costs_only_what_it_changes(tmp_path: Path):
    cache = SqliteReplyCache(tmp_path / "replies.sqlite")
    model = Speaking("Chemical aspirin", "Disease headache")

    def again(linker: Linker, *texts: str) -> None:
        for text in texts:
            assert len(asyncio.run(reader(model, linker, cache).read(plain(text))).claims) == 1

    texts = "Aspirin relieved headache.", "Aspirin and headache."
    again(Knowing(), *texts)
    asked = len(model.sampled)
    again(Knowing(), *texts)
    again(Knowing(ibuprofen="MESH:D007052"), *texts)
    assert len(model.sampled) == asked
    again(Knowing(aspirin="MESH:D001241"), texts[0])
    assert len(model.asked_for("mentions")) == 2
    assert len(model.sampled) == asked + asked // 2 - 1


def test_the_names_that_vocabularies_know_are_asked_about_where_the_finder_takes_them():
    model = Sure(**{"gout of the big toe": ("disease", 0.9), "Aspirin": ("chemical", 0.9)})
    found = plain("Aspirin relieved gout of the big toe.")
    linker = Linking(Knowing(aspirin="MESH:D001241"), "gout of the big toe")
    names = LabelNames(model, BIOMEDICAL, SKILLS)
    told = asyncio.run(ReadingAgent(LabelRelations(model, BIOMEDICAL), names=names, linker=linker).read(found))
    assert [(mention.text, mention.type) for mention in told.mentions] == [("Aspirin", "Chemical"), ("gout of the big toe", "Disease")]
    assert [mention.identifiers[0] for mention in told.mentions] == ["MESH:D001241", provisional_key("Disease", "gout of the big toe")]
    assert linker.asked == [found.text]
    named = Speaking("Chemical aspirin")
    asyncio.run(ReadingAgent(VoteRelations(named, BIOMEDICAL), names=VoteNames(named, BIOMEDICAL), linker=linker).read(found))
    assert len(linker.asked) == 1


def test_a_failure_to_find_names_fails_the_document_with_the_reply():
    model = Speaking()
    model.names = "I would rather not."
    with pytest.raises(ModelFailed, match="I would rather not") as caught:
        read(plain("Aspirin relieved headache."), model)
    assert caught.value.reply == "I would rather not."
    assert model.asked_for("claims") == []


def test_a_script_answers_by_document_and_looks_for_no_names(tmp_path: Path):
    (tmp_path / "answers.jsonl").write_text('{"document": "PMID:1", "claims": []}\n')
    agent = extractor_for(open_home(tmp_path, {"model": f"scripted:{tmp_path / 'answers.jsonl'}"}))
    assert (agent.names, agent.linker) == (None, None)
    assert asyncio.run(agent.read(plain("Aspirin relieved headache."))) == Extraction(())
    assert not (tmp_path / "vocabularies.sqlite").exists()


@pytest.mark.parametrize("extractor", [LabelRelations, VoteRelations])
def test_a_huge_text_and_ten_thousand_mentions_stay_bounded(extractor: Any):
    words = [f"drug{number}" if number % 2 else f"pain{number}" for number in range(10_000)]
    text, at, mentions = ". ".join(words), 3, []
    for word in words:
        mentions.append(Mention(at, at + len(word), word, "Chemical" if word[0] == "d" else "Disease"))
        at += len(word) + 2
    many = Document(DocumentId("PMID:2"), "On", (Passage(text),), mentions=tuple(mentions))
    huge = replace(plain("aspirin for headache " * 2_400_000), title="On aspirin and headache.")
    for found, requests in ((many, 30), (huge, 80)):
        model = Speaking("Chemical aspirin", "Disease headache", reading='{"claims":[]}')
        plain_reader = ReadingAgent(extractor(model, BIOMEDICAL), names=VoteNames(model, BIOMEDICAL), linker=Linking(Knowing()))
        start = time.process_time()
        try:
            asyncio.run(plain_reader.read(found))
        except ModelFailed:  # votes that all say none
            assert extractor is VoteRelations
        assert time.process_time() - start < 20.0
        assert len(model.sampled) + len(model.asked) <= requests


def test_names_that_a_model_gives_are_found_where_annotators_of_real_abstracts_marked_them(shared: Path):
    file = shared / "data" / "biored" / "Dev.PubTator"
    with file.open("rb") as stream:
        documents = [item for item in read_items(stream, file.name) if isinstance(item, Document)]
    marked = found = both = 0
    for annotated in documents:
        names = {(mention.type, mention.text) for mention in annotated.mentions}
        model = Answering(lambda window, _, names=names: said(*(f"{kind} {name}" for kind, name in names if name in window)))
        mentions = asyncio.run(VoteNames(model, BIOMEDICAL, most=400).find(replace(annotated, mentions=()))).mentions
        here, there = ({(mention.start, mention.end, mention.type) for mention in some} for some in (annotated.mentions, mentions))
        marked, found, both = marked + len(here), found + len(there), both + len(here & there)
    assert marked > 3000
    assert both / marked > 0.99
    assert both / found > 0.99
