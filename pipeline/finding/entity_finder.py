"""One way to find entities by name: keys, names of documents and vocabularies, other ways to write them, abbreviations, slips."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from pipeline.finding.found_entities import FoundEntity, best_first, meant, the_only_one
from pipeline.finding.name_sources import NameSources
from pipeline.identity.judgements import Possible, identity_in, judged_by
from pipeline.linking.entity_candidates import EntityCandidate, near_candidates, part_candidates, whole_candidates
from pipeline.linking.likeness import Likeness, Written, misspelled, written
from pipeline.linking.name_forms import VERSION, blocks_to_ask, forms_of, whole_forms
from pipeline.linking.reading_order import reading_order
from pipeline.linking.words_of_names import words as words_of
from schema.entity_names import Named, ShortForm, search_words
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity
from schema.ports import EvidenceLog, LoadedNames

CalledNow = Callable[[Collection[EntityKey]], Mapping[EntityKey, Entity]]
"""What entities of the graph are called."""

Silenced = Callable[[Collection[DocumentId]], Collection[DocumentId]]
"""Of these documents those that are deleted: what they define counts for nothing."""

Found = dict[str, list[FoundEntity]]

_LEAST = 0.7
"""Score from which a name written in another way is the name."""
_SHORT_FORM = 0.99
"""What an entity scores at most that an abbreviation stands for: nearly as well as its own name."""
_BUT_FOR_CASE, _A_WORD, _SHORT_WORD = 0.98, 0.8, 4
"""What a symbol scores at most that is written in small letters; where it is short and may be another word, too."""
_NEAR = 40
_LOOKED_THROUGH = 200_000
"""Names of documents up to which all are compared with one that is not known."""
_ALIKE = 74
"""Share of letters, in hundredths, from which a name is worth a suggestion."""
_SHORTEST_ALIKE = 5


class _May(NamedTuple):
    """A key that a name may stand for, before it is known whether the graph has it."""

    name: Named
    score: float
    reason: str


class EntityFinder:
    """Finds entities of a log, of types of an ontology, now or as known at a moment; `called` says what they are called.

    Vocabularies, where some are loaded, add their names, and entities that the graph does not know.
    """

    def __init__(
        self,
        log: EvidenceLog,
        called: CalledNow,
        silenced: Silenced,
        types: Sequence[str],
        vocabularies: LoadedNames | None = None,
        known_at: datetime | None = None,
    ) -> None:
        self._log, self._called, self._silenced, self._types, self._known_at = log, called, silenced, types, known_at
        self._of_log = log.name_index(forms_of, VERSION)
        self._sources = NameSources([self._of_log, *([vocabularies] if vocabularies is not None else [])])

    def find(self, text: str, kind: str | None = None, limit: int = 10) -> list[FoundEntity]:
        """All that a name may be (of one type), best first: those that have it, else those whose name it nearly is, else alike ones."""
        found = self.by_name([text])[text] or self.by_slip(text)
        chosen = [one for one in found if kind in (None, one.type)]
        return (chosen or [one for one in self.like(text, limit) if kind in (None, one.type)])[:limit]

    def the_one(self, text: str, *, slips: bool = True) -> FoundEntity:
        """The entity that a name means, perhaps with a slip; raises NotOneEntity, which tells the candidates, where that is not clear."""
        found = self.by_name([text])[text]
        if slips and not found:  # a vocabulary may know it for something else
            found = self.by_slip(text)
        return the_only_one(text, found, () if meant(found) else self.like(text))

    def by_name(self, texts: Collection[str]) -> Found:
        """The entities that have these names or keys, however they are written, or whose long or short form they are; best first."""
        found, short = self._direct(texts), self._through_short_forms(texts)
        found = {text: best_first([*found[text], *short.get(text, ())]) for text in texts}
        outside = {text: of_text for text, of_text in found.items() if of_text and not any(one.in_graph for one in of_text)}
        other = self._by_other_key(outside)
        return {text: best_first([*of_text, *other.get(text, ())]) for text, of_text in found.items()}

    def by_slip(self, text: str) -> list[FoundEntity]:
        """The entities whose name was misspelled so."""
        asked = [written(text, kind) for kind in self._types]
        near = self._sources.near([blocks_to_ask(name.kind, name.words) for name in asked], _NEAR)
        every = [(name, known) for name, names in zip(asked, near, strict=True) for known in [*names, *self._alike(text, name.kind)]]
        slips = ((known, slip) for name, known in every if known.type == name.kind and (slip := _slip(name, known)))
        return self._in_graph({text: [_May(known, slip.score, _reason(known, slip.how)) for known, slip in slips]})[text]

    def like(self, text: str, limit: int = 3) -> list[FoundEntity]:
        """Entities of the graph that may have been meant, best first: no more than a suggestion."""
        asked = [written(text, kind) for kind in self._types]
        if len(asked[0].compact) < _SHORTEST_ALIKE:
            return self._by_initials(text, limit)
        every = [*near_candidates(asked, self._sources), *part_candidates(asked, self._sources)]
        may = [_May(one.name, one.score, _reason(one.name, one.how)) for of_type in every for one in of_type]
        may += [_May(known, 0.5, _reason(known, "written much like it")) for kind in self._types for known in self._alike(text, kind)]
        return [one for one in self._in_graph({text: may})[text] if one.in_graph][:limit]

    def _direct(self, texts: Collection[str]) -> Found:
        if not texts:
            return {}
        asked = {text: [*(written(text, kind) for kind in self._types), *_as_symbol(text)] for text in texts}
        forms = {name: whole_forms(name.kind, name.words) for names in asked.values() for name in names}
        known = self._sources.having_names({form for of_name in forms.values() for form in of_name})
        names = [name for name, of_name in forms.items() if not known.isdisjoint(of_name)]
        candidates = dict(zip(names, whole_candidates(names, self._sources), strict=True))
        keys = self._log.keys_spelled(texts)
        return self._in_graph(
            {
                text: [
                    *(_as_key(text, key) for key in keys.get(text, ())),
                    *(_may(text, name, one) for name in of_text for one in candidates.get(name, ()) if one.score >= _LEAST),
                ]
                for text, of_text in asked.items()
            }
        )

    def _in_graph(self, may: Mapping[str, Sequence[_May]]) -> Found:
        """As entities: what the graph knows as it counts and is called there, the rest as vocabularies have it."""
        if not any(may.values()):
            return {text: [] for text in may}
        counted = self._counted({one.name.key for each in may.values() for one in each})
        names = self._called(set(counted.values()))
        labels = self._sources.labels({one.name.key for each in may.values() for one in each} - counted.keys())
        return {text: best_first(found for one in each if (found := _as_found(one, counted, names, labels))) for text, each in may.items()}

    def _counted(self, keys: Collection[EntityKey]) -> dict[EntityKey, EntityKey]:
        """What keys count as, without entities that no document speaks of."""
        judgements = self._log.judgements(keys)
        identity = identity_in(judgements if self._known_at is None else judged_by(judgements, self._known_at))
        spoken = {identity.of(key) for key in self._log.votes(Possible(judgements).names(identity.of(key) for key in keys))}
        return {key: identity.of(key) for key in keys if identity.of(key) in spoken}

    def _by_other_key(self, outside: Found) -> Found:
        """Entities of the graph under another key, with the name of those that only a vocabulary has."""
        same = self._direct({one.name for of_text in outside.values() for one in of_text})
        return {
            text: [
                replace(known, score=min(known.score, one.score), reason=f"{one.reason}; {known.reason}")
                for one in of_text
                for known in same[one.name]
                if known.in_graph
            ]
            for text, of_text in outside.items()
        }

    def _through_short_forms(self, texts: Collection[str]) -> Found:
        """What texts stand for as documents define them, where one of them is a short form or a long one."""
        words = {text: _of_one_and_many(search_words(text)) for text in texts}
        defined = self._log.short_forms(set().union(*words.values()))
        if not defined:
            return {}
        gone = self._silenced({each.document for each in defined})
        live = [each for each in defined if each.document not in gone]
        by_long = self._direct({each.long for each in live})
        found: Found = {}
        for text, of_text in words.items():
            longs = {each.long for each in live if each.short in of_text}
            found[text] = [
                replace(one, score=min(one.score, _SHORT_FORM), reason=f"short for {long!r}, as documents define it; {one.reason}")
                for long in sorted(longs)
                for one in by_long[long]
            ]
            found[text] += self._by_short_form([each for each in live if each.long in of_text])
        return found

    def _by_short_form(self, defined: Sequence[ShortForm]) -> list[FoundEntity]:
        """Entities called by a short form which documents define as what is asked: theirs, and all where none defines it otherwise."""
        found = []
        for short, of_short in self._direct({each.short for each in defined}).items():
            documents = {each.document for each in defined if each.short == short}
            named = self._log.names(documents=documents)
            keys = {recorded.record.entity.key for recorded in named if search_words(recorded.record.entity.name) == short}
            held = set(self._counted(keys).values())
            one_thing = {each.document for each in self._log.short_forms({short}) if each.short == short} <= documents
            reason = f"documents define {short!r} as it"
            found += [replace(one, score=min(one.score, _SHORT_FORM), reason=reason) for one in of_short if one_thing or one.key in held]
        return found

    def _alike(self, text: str, kind: str) -> list[Named]:
        """Names of documents that have most letters of a name."""
        from rapidfuzz import fuzz, process

        names = self._looked_through.get(kind, {})
        alike = process.extract(search_words(text), list(names), scorer=fuzz.ratio, limit=5, score_cutoff=_ALIKE)
        return [names[name] for name, *_ in alike]

    def _by_initials(self, text: str, limit: int) -> list[FoundEntity]:
        letters = "".join(filter(str.isalnum, text.casefold()))
        known = [name for names in self._looked_through.values() for name in names.values()]
        fitting = [name for name in known if len(letters) > 1 and _initials(name.text) == letters]
        may = [_May(name, 0.5, f"{text!r} are the initials of {name.text!r}") for name in fitting]
        return [one for one in self._in_graph({text: may})[text] if one.in_graph][:limit]

    @cached_property
    def _looked_through(self) -> Mapping[str, Mapping[str, Named]]:
        """By type all names of documents, by their words, where they are few enough to be looked through."""
        found: dict[str, dict[str, Named]] = defaultdict(dict)
        for each in self._log.called(_LOOKED_THROUGH):
            found[each.type].setdefault(search_words(each.name), Named(each.name, True, each.key, each.type, each.name, "", "", 0))
        return found


def _slip(asked: Written, known: Named) -> Likeness | None:
    return misspelled(asked, written(known.text, known.type))


def _as_symbol(text: str) -> list[Written]:
    """A gene's symbol that a person writes in small letters: the s of hras is no plural."""
    return [written(text.upper(), "Gene")] if text.islower() and text.isalnum() else []


def _of_one_and_many(said: str) -> set[str]:
    """The same words, the last of them in the singular, and in the plural."""
    before, _, last = said.rpartition(" ")
    one = words_of(last, "")
    return {said, f"{said}s", said.removesuffix("s"), f"{before} {one[-1] if one else last}".strip()}


def _as_key(text: str, key: EntityKey) -> _May:
    score, how = (1.0, "its key") if text == key else (_BUT_FOR_CASE, "its key, but for case")
    return _May(Named(key, True, key, "", key, "", "", 0), score, how)


def _may(text: str, asked: Written, one: EntityCandidate) -> _May:
    if asked.text == text:
        return _May(one.name, one.score, _reason(one.name, one.how))
    most = _A_WORD if len(text) <= _SHORT_WORD and text.isalpha() else _BUT_FOR_CASE
    return _May(one.name, min(one.score, most), _reason(one.name, "but for case"))


def _reason(name: Named, how: str) -> str:
    where = f"vocabulary {name.vocabulary}" if name.vocabulary else "documents"
    return f"{name.text!r} in {where}, {how}"


def _as_found(
    one: _May, counted: Mapping[EntityKey, EntityKey], names: Mapping[EntityKey, Entity], labels: Mapping[EntityKey, str]
) -> FoundEntity | None:
    key = counted.get(one.name.key)
    if key is not None:
        # What counted as itself at some moment and does not now is called as documents called it.
        known = names.get(key) or Entity(key, one.name.type, one.name.text)
        return FoundEntity(key, known.name, known.type, one.score, one.reason)
    if not one.name.vocabulary:
        return None
    label = reading_order(labels.get(one.name.key, one.name.label), one.name.type)
    return FoundEntity(one.name.key, label, one.name.type, one.score, one.reason, in_graph=False)


def _initials(name: str) -> str:
    return "".join(word[0] for word in search_words(name).replace("-", " ").split())
