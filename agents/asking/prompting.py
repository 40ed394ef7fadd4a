"""Prompts as versioned files: `prompts/NAME-VERSION.txt`, in sections, filled in by plain substitution."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from agents.asking.tagging import TaggedEntity
from schema.conflict import CitedSentence, Conflict, Position
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.observation import Polarity
from schema.ontology import Ontology, TimeOf

NONE = "none"
"""The label that says: no relation. Not a relation's name in any ontology that is read by labels."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

LONGEST_QUOTE, LONGEST_NAME = 300, 100
"""Characters of a quote and of a name that a ruling's prompt shows."""

MOST_INTERVALS = 4
"""Intervals of a fact that a ruling's prompt shows, the last ones."""

_MARKS = str.maketrans({"<": "‹", ">": "›", '"': "'"})

_SLOT = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt file; `version` is its name, and part of the reader's identity."""

    version: str
    sections: tuple[tuple[str, str], ...]

    def section(self, name: str) -> str:
        """The text of the only section of that name."""
        return next(text for key, text in self.sections if key == name)

    def has(self, name: str) -> bool:
        """Whether there is a section of that name."""
        return any(key == name for key, _ in self.sections)

    @property
    def examples(self) -> tuple[str, ...]:
        """The examples, in order."""
        return tuple(text for key, text in self.sections if key == "example")

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """For each relation the words that may stand for it, best first."""
        lines = (line.partition(":") for line in self.section("words").splitlines())
        return {name.strip(): tuple(word.strip() for word in words.split(",")) for name, _, words in lines}


@cache
def prompt(version: str) -> Prompt:
    """Read a prompt file of this package, `labels-1` for instance."""
    file = resources.files("agents") / "prompts" / f"{version}.txt"
    if not file.is_file():
        raise WrongUse(f"there is no prompt {version!r}")
    parts = re.split(r"^=== (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return Prompt(version, tuple((name, text.rstrip("\n")) for name, text in zip(parts[1::2], parts[2::2], strict=True)))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Fill `{name}` slots in one pass, so that nothing in a value is taken for a slot; unknown ones stay."""
    return _SLOT.sub(lambda match: values.get(match[1], match[0]), template)


def label_words(version: str, ontology: Ontology) -> dict[str, tuple[str, ...]]:
    """For `none` and each relation the words to try as its label: the file's, then the relation's own name."""
    if NONE in ontology.relations:
        raise WrongUse(f"ontology {ontology.name}: a relation called {NONE!r} cannot be read by labels")
    words = prompt(version).words
    return {name: (*words.get(name, ()), name) for name in (NONE, *ontology.relations)}


def letters(ontology: Ontology) -> dict[str, str]:
    """A letter for each label, where words are not single tokens of a model."""
    names = (NONE, *ontology.relations)
    if len(names) > len(LETTERS):
        raise WrongUse(f"ontology {ontology.name}: {len(names) - 1} relations, and reading by labels knows {len(LETTERS) - 1} letters")
    return dict(zip(names, LETTERS, strict=False))


def label_head(version: str, ontology: Ontology, words: Mapping[str, str]) -> str:
    """What stands before every text: instruction, the examples that this ontology can express."""
    file = prompt(version)
    if not file.has("instruction"):
        return ""  # a prompt for a model that was trained on it
    legend = "\n".join(f"{words[name]}: {relation.description or name}" for name, relation in ontology.relations.items())
    instruction = filled(file.section("instruction"), {"legend": legend, NONE: words[NONE]})
    labels = {name: f" {word}" for name, word in words.items()}
    shown = (filled(example, labels) for example in file.examples)
    examples = [example for example in shown if not _SLOT.search(example)]
    return "\n\n".join([instruction, *examples])


def label_document(version: str, text: str) -> str:
    """The tagged text, which follows the head and precedes the queries."""
    return "\n\n" + filled(prompt(version).section("document"), {"document": text})


def label_query(version: str, one: TaggedEntity, other: TaggedEntity, standing: str = "") -> str:
    """The line that asks about one pair, with where the two stand if the prompt has a place for that; the label comes right after."""
    return "\n" + filled(prompt(version).section("query"), {"one": one.tag, "other": other.tag, "standing": standing})


def name_query(version: str, name: str) -> str:
    """The line that asks what a name in the text is a name of."""
    return "\n" + filled(prompt(version).section("query"), {"name": name})


def vote_prompt(version: str, ontology: Ontology, entities: tuple[TaggedEntity, ...], text: str) -> str:
    """The whole question for sampled answers."""
    file = prompt(version)
    legend = "\n".join(
        f"{name} ({', '.join(f'{head} {tail}' for head, tail in relation.pairs)}): {relation.description or name}"
        for name, relation in ontology.relations.items()
    )
    listed = "\n".join(f"{entity.tag} {entity.type} {entity.name}" for entity in entities)
    timed = bool(stated_relations(version, ontology))
    words = {
        "legend": legend,
        **({"stated": file.section("stated"), "when": file.section("when")} if timed else {"stated": "", "when": ""}),
    }
    relations = {name: name for name in ontology.relations}
    examples = [example for example in (filled(example, relations) for example in file.examples) if not _SLOT.search(example)]
    question = filled(file.section("document"), {"document": text, "entities": listed})
    return "\n\n".join([filled(file.section("instruction"), words), *examples, question])


def stated_relations(version: str, ontology: Ontology) -> frozenset[str]:
    """The relations whose time a prompt asks for: those that hold when the text states, where the prompt knows of times."""
    if not prompt(version).has("stated"):
        return frozenset()
    return frozenset(name for name, relation in ontology.relations.items() if relation.time is TimeOf.STATED)


def mention_prompt(version: str, ontology: Ontology, text: str) -> str:
    """The whole question for the names in a text: the types, the examples that this ontology can express, the text on one line."""
    file = prompt(version)
    known = {name.strip(): told.strip() for name, _, told in (line.partition(":") for line in file.section("kinds").splitlines())}
    legend = "\n".join(f"{kind}: {known[kind]}" if kind in known else kind for kind in ontology.entity_types)
    types = {kind.lower(): kind for kind in ontology.entity_types}
    examples = (filled(example, types) for example in file.examples)
    fitting = [example for example in examples if not _SLOT.search(example)]
    instruction = filled(file.section("instruction"), {"legend": legend})
    return "\n\n".join([instruction, *fitting, filled(file.section("document"), {"document": text})])


def ruling_prompt(version: str, ontology: Ontology, conflict: Conflict) -> str:
    """The whole question about a conflict. Whatever comes from a document stands in quotes that it cannot end."""
    file = prompt(version)
    names = {entity.key: quoted(entity.name, LONGEST_NAME) for entity in conflict.ends}
    legend = "\n".join(f"{name}: {ontology.relations[name].description or name}" for name in conflict.relations)
    one, other = (f"{names[entity.key]} ({entity.type})" if entity.type else names[entity.key] for entity in conflict.ends)
    instruction = filled(file.section("instruction"), {"one": one, "other": other, "legend": legend})
    positions = [_position(file, number, position, names) for number, position in enumerate(conflict.positions, 1)]
    return "\n\n".join([instruction, *positions, file.section("question")])


def quoted(text: str, longest: int) -> str:
    """Text of a document as a prompt shows it: on one line, cut, without anything that ends or begins a mark."""
    line = "".join(sign for sign in " ".join(text.split()).translate(_MARKS) if sign.isprintable())
    return line if len(line) <= longest else f"{line[:longest]} …"


def _position(file: Prompt, number: int, position: Position, names: Mapping[EntityKey, str]) -> str:
    fact = position.fact
    head, relation, tail = fact.triple
    held = [f"from {h.interval.start} {f'to {h.interval.end}' if h.interval.end else 'on'}" for h in fact.holdings[-MOST_INTERVALS:]]
    values = {
        "number": str(number),
        "head": names[head],
        "relation": relation,
        "tail": names[tail],
        "support": str(fact.support),
        "first_seen": str(fact.first_seen),
        "last_seen": str(fact.last_seen),
        "belief": f"{fact.belief:.2f}",
        "held": ", ".join(held) or "never",
        "quotes": "\n".join(_quote(file, citation) for citation in position.citations) or "(no quotes)",
    }
    return filled(file.section("position"), values)


def _quote(file: Prompt, citation: CitedSentence) -> str:
    values = {
        "document": quoted(citation.document, LONGEST_NAME),
        "published": citation.published.isoformat(),
        "speaks": "for" if citation.polarity is Polarity.ASSERTS else "against",
        "quote": quoted(citation.quote, LONGEST_QUOTE),
    }
    return filled(file.section("quote"), values)
