"""How what was set aside comes to an end: it was used, or a person let it go; and how the latter is taken back."""

from dataclasses import dataclass

from schema.ids import stable_id

DISCARDED = "discarded"
"""How it is settled by a person's word."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Something set aside is no longer so: it was used, or a person let it go (`by`, `note`), at a moment (`origin`)."""

    set_aside: str
    how: str
    by: str = ""
    note: str = ""
    origin: str = ""  # who lets go again what was taken back says something new

    @property
    def id(self) -> str:
        """One for each thing set aside and way; of a person one for each time. The note says why, not what."""
        said = (self.by, self.origin) if self.origin else ()
        return stable_id("settled", self.set_aside, self.how, *said)


@dataclass(frozen=True, slots=True)
class Reopening:
    """A settling by a person is taken back for good: what was let go is set aside as before."""

    settled: str  # its identity
    set_aside: str
    by: str
    note: str = ""

    @property
    def id(self) -> str:
        """One for each settling, which can be taken back only once; to let go again is another settling."""
        return stable_id("reopening", self.settled)
