"""What other readers think of documents, as something to learn from: teachers give shares, a critic doubts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agents.training.lessons import Lesson, Triple

Heard = Sequence[Mapping[Triple, float] | None]
"""For each document the score of each triple; None for one that was not read."""


@dataclass(frozen=True, slots=True)
class Teachers:
    """Readers to learn from, each an adapter's folder, `embedded` (as it comes) or a server's URL, with #NAME for one of its models.

    Several are averaged. `critic` reads the same documents; what a teacher says and it does not find worth a claim is left out.
    """

    readers: tuple[str, ...] = ()
    critic: str | None = None

    @property
    def critics(self) -> tuple[str, ...]:
        """The critic, where there is anybody to doubt."""
        return (self.critic,) if self.readers and self.critic else ()

    @property
    def told(self) -> dict[str, object]:
        """Who they are, without the places where they are."""
        return {
            "teachers": ["a server" if "://" in spec else Path(spec).name for spec in self.readers],
            "critic": None if not self.critic else "a server" if "://" in self.critic else Path(self.critic).name,
        }


def taught(lessons: Sequence[Lesson], heard: Sequence[Heard], critic: Heard | None) -> tuple[Lesson, ...]:
    """The lessons with what each teacher said of them; documents that none could read, or not the critic, keep what people say, or go."""
    found = []
    for number, lesson in enumerate(lessons):
        scores = _mean([each[number] for each in heard])
        believed = critic[number] if critic is not None else {}
        if scores is None or believed is None:  # what the critic could not read is not believed
            found += [lesson] if lesson.said is not None else []
            continue
        found.append(replace(lesson, scores=scores, doubted=frozenset(scores) - frozenset(believed) if critic is not None else frozenset()))
    return tuple(found)


def _mean(heard: Heard) -> dict[Triple, float] | None:
    """Of those that read the document, None if none did; what a teacher does not mention has no share in its eyes."""
    thought = [scores for scores in heard if scores is not None]
    if not thought:
        return None
    total: dict[Triple, float] = defaultdict(float)
    for scores in thought:
        for triple, score in scores.items():
            total[triple] += score / len(thought)
    return dict(sorted(total.items()))
