from pipeline.linking.linker import VocabularyLinker
from pipeline.linking.mention_linking import link_mentions
from schema.document import Mention
from schema.entity_names import provisional_key
from schema.records import Judgement, Sameness
from tests.pipeline.linking.examples import store

TYPES = ("Gene", "Chemical", "Disease")


def linked(text: str, *names: tuple[str, str]) -> tuple[list[tuple[str, ...]], list[Judgement]]:
    """The identifiers of mentions, each the first occurrence of its name, and the judgements."""
    mentions = [Mention(text.index(name), text.index(name) + len(name), name, kind) for name, kind in names]
    found, judgements = link_mentions(text, mentions, VocabularyLinker(store()), TYPES)
    assert [(one.start, one.end, one.text, one.type) for one in found] == [(m.start, m.end, m.text, m.type) for m in mentions]
    return [one.identifiers for one in found], list(judgements)


def test_a_known_name_gets_the_entity_s_key_and_a_judgement() -> None:
    identifiers, judgements = linked("Aspirin eased hypertensive illness.", ("Aspirin", "Chemical"))
    assert identifiers == [("MESH:D001241",)]
    (judgement,) = judgements
    assert (judgement.name, judgement.type, judgement.key, judgement.label) == ("Aspirin", "Chemical", "MESH:D001241", "Aspirin")
    assert judgement.sameness is Sameness.SAME
    assert not judgement.by_person
    assert judgement.score == 1.0


def test_an_unsure_name_stays_by_itself_and_is_told() -> None:
    identifiers, judgements = linked("We measured p21 in mice.", ("p21", "Gene"))
    assert identifiers == [(provisional_key("Gene", "p21"),)]
    assert [judgement.sameness for judgement in judgements] == [Sameness.UNSURE]


def test_an_unknown_name_stays_by_itself_without_a_judgement() -> None:
    identifiers, judgements = linked("Zzyzx was seen.", ("Zzyzx", "Disease"))
    assert identifiers == [("NAME:Disease/zzyzx",)]
    assert judgements == []


def test_a_short_form_has_the_identifier_of_its_long_form() -> None:
    text = "High blood pressure (HBP) is common; HBP harms."
    identifiers, judgements = linked(text, ("High blood pressure", "Disease"), ("HBP", "Disease"))
    assert identifiers == [("MESH:D006973",), ("MESH:D006973",)]
    # Elsewhere HBP may be something else: no vocabulary has it, so only its long form is judged.
    assert [judgement.name for judgement in judgements] == ["High blood pressure"]


def test_a_short_form_that_the_vocabulary_has_too_is_judged_itself() -> None:
    text = "Non-small cell lung carcinoma (NSCLC) is common."
    _, judgements = linked(text, ("NSCLC", "Disease"))
    assert {(judgement.name, judgement.key) for judgement in judgements} == {
        ("Non-small cell lung carcinoma", "MESH:D002289"),
        ("NSCLC", "MESH:D002289"),
    }


def test_short_and_long_form_are_one_thing_even_where_nobody_knows_it() -> None:
    text = "Zorbling wicket fever (ZWF) spread; ZWFs recurred."
    identifiers, judgements = linked(text, ("Zorbling wicket fever", "Disease"), ("ZWF", "Disease"), ("ZWFs", "Disease"))
    assert set(identifiers) == {(provisional_key("Disease", "zorbling wicket fever"),)}
    assert all(judgement.sameness is Sameness.UNSURE for judgement in judgements)


def test_a_name_is_judged_once_however_often_and_however_it_is_written() -> None:
    text = "Aspirin, aspirin and ASPIRIN."
    _, judgements = linked(text, ("Aspirin", "Chemical"), ("aspirin", "Chemical"), ("ASPIRIN", "Chemical"))
    assert len(judgements) == 1


def test_mentions_with_identifiers_and_of_other_types_stay_as_they_are() -> None:
    given = (Mention(0, 7, "Aspirin", "Chemical", ("CHEBI:15365",)), Mention(8, 12, "Rome", "Place"))
    found, judgements = link_mentions("Aspirin Rome", given, VocabularyLinker(store()), TYPES)
    assert found == given
    assert judgements == ()
