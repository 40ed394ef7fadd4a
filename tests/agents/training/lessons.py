"""Skills and lessons for tests: sentences of our own."""

from agents.adapters.skills import Base, Skills
from agents.asking.prompting import prompt
from agents.training.lessons import Lesson
from tests.agents.fakes import aspirin

TREATS = ("MESH:D001241", "treat", "MESH:D006261")
CAUSES = ("MESH:D001241", "cause", "MESH:D005756")

SKILLS = Skills(
    name="taught-1",
    base=Base(file="base.gguf", sha256="0" * 64),
    prompt="labels-2",
    words={name: tries[0] for name, tries in prompt("labels-2").words.items() if name in {"none", "associate", "cause", "treat"}},
    relations={
        "associate": (("Chemical", "Disease"), ("Disease", "Chemical")),
        "cause": (("Chemical", "Disease"),),
        "treat": (("Chemical", "Disease"),),
    },
    names="names-1",
    kinds={name: tries[0] for name, tries in prompt("names-1").words.items()},
)


def whole(number: int = 1) -> Lesson:
    return Lesson(aspirin(f"PMID:{number}"), frozenset({TREATS, CAUSES}))


def causes_alone(number: int = 2) -> Lesson:
    return Lesson(aspirin(f"PMID:{number}"), frozenset({CAUSES}), covered=frozenset({"cause"}))
