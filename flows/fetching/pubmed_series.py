"""PubMed's numbered files, in places of any kind: each is checked against its .md5, and looked through, before it is handed on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from flows.fetching.http_client import shown_address
from flows.fetching.source_places import Fetched, FilePlace, FolderPlace, local_file, md5_of
from pipeline.sources.choosing import Choice, choose, in_series, named_only, unsure
from pipeline.sources.series import CHECKSUM, place_in_series, told_checksum
from pipeline.sources.xml_files import Look, look_through
from schema.document import SourceFile
from schema.errors import FileUnfinished, SourceFailed, WrongUse
from schema.ports import DeliveredFile, ListedFile, Listing, SourceState

FETCHES = 3
"""How often a file is fetched whose checksum does not fit."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the files are to be taken."""

    checksum_required: bool = True
    in_order: bool = True
    settle: float = 60.0  # seconds in which a file without a change counts as written


class PubmedSeries:
    """Baseline and update files from one or several places, as one series each year."""

    def __init__(self, name: str, places: Sequence[FilePlace], manner: Manner, now: Callable[[], datetime]) -> None:
        self._name, self._places, self._manner, self._now = name, places, manner, now
        self._place_of: dict[str, FilePlace] = {}
        self._checksums: set[str] = set()  # names of files that have one
        self._numbered: list[FilePlace] = []  # the places that list a file of the series; a notice in place of a listing has links, too

    def listing(self, state: SourceState, named: Sequence[str] = ()) -> Listing:
        """What is there, against what was read."""
        names = [self._own_name(each) for each in named]
        found = in_series(self._entries())
        if names:
            found_now = [self._with_checksum(file) if file.name in names and file.name in state.files else file for file in found]
            return named_only(found_now, names, state, self._choice(found))
        doubtful = {file.name: self._with_checksum(file) for file in unsure(found, state)}
        listing = choose([doubtful.get(file.name, file) for file in found], state, self._choice(found))
        before = f"; {len(state.files)} files of this source were read before" if state.files and not found else ""
        empty = [shown_place(place.root) for place in self._places if place not in self._numbered]
        return replace(listing, remarks=tuple(f"{place} lists no file such as pubmed26n0001.xml.gz{before}" for place in empty))

    def deliver(self, file: ListedFile, folder: str) -> DeliveredFile:
        """One file, whole and checked."""
        place = self._place_of[file.name]
        attempts = 1 if isinstance(place, FolderPlace) else FETCHES
        while True:
            attempts -= 1
            wanted = told_checksum(place.text(file.name + CHECKSUM), file.name) if self._has_checksum(file.name) else ""
            fetched = self._fetched(place, file.name, Path(folder), wanted)
            with fetched.path.open("rb") as stream:
                look = look_through(stream)
            checksum = f"md5:{fetched.md5}"
            if not look.fault and wanted in {"", checksum}:
                break
            if fetched.is_copy:
                fetched.path.unlink(missing_ok=True)
            if attempts == 0:
                raise self._fault(file, look, wanted, checksum)
        size = fetched.path.stat().st_size
        state = SourceFile(self._name, file.name, checksum, file.stamp, size, file.modified, last_record=look.last_record)
        return DeliveredFile(replace(file, checksum=checksum), (str(fetched.path),), state, fetched.is_copy)

    def is_unchanged(self, delivered: DeliveredFile) -> bool:
        """Whether a file that was read where it lies is as it was listed."""
        try:
            return delivered.is_copy or local_file(Path(delivered.paths[0]), "").stamp == delivered.state.stamp
        except OSError:
            return False

    def close(self) -> None:
        """Let go of connections."""
        for place in self._places:
            place.close()

    def _entries(self) -> list[ListedFile]:
        found: dict[str, ListedFile] = {}
        self._numbered = []
        for place in self._places:
            entries = place.entries()
            if any(place_in_series(file.name) for file in entries):
                self._numbered.append(place)
            for file in entries:
                if file.name not in found:  # of two places the first that has a file
                    found[file.name] = file
                    self._place_of[file.name] = place
        self._checksums = {name.removesuffix(CHECKSUM) for name in found if name.endswith(CHECKSUM)}
        return list(found.values())

    def _choice(self, files: Sequence[ListedFile]) -> Choice:
        without = {file.name for file in files if not self._has_checksum(file.name)} if self._manner.checksum_required else set()
        return Choice(self._now(), without, self._manner.in_order)

    def _has_checksum(self, name: str) -> bool:
        return name in self._checksums

    def _with_checksum(self, file: ListedFile) -> ListedFile:
        """The file with what its checksum says; without one where that cannot be read, and then it is read again."""
        place = self._place_of[file.name]
        if not self._has_checksum(file.name):
            if isinstance(place, FolderPlace) and not self._manner.checksum_required:
                return replace(file, checksum=f"md5:{md5_of(Path(place.root, file.name))}")
            return file
        try:
            return replace(file, checksum=told_checksum(place.text(file.name + CHECKSUM), file.name))
        except SourceFailed:
            return file

    def _fetched(self, place: FilePlace, name: str, folder: Path, wanted: str) -> Fetched:
        kept = folder / name
        if wanted and kept.is_file() and f"md5:{md5_of(kept)}" == wanted:  # what a run that was stopped had fetched
            return Fetched(kept, wanted.removeprefix("md5:"), is_copy=True)
        return place.fetch(name, folder)

    def _fault(self, file: ListedFile, look: Look, wanted: str, checksum: str) -> SourceFailed:
        """Why a file cannot be used: whether it is still on its way, or will not come right by itself."""
        if wanted == checksum:
            return SourceFailed(f"{file.name} is as its .md5 says, and cannot be read: {look.fault}")
        if look.fault:
            return (FileUnfinished if look.may_pass else SourceFailed)(f"{file.name} is not whole: {look.fault}")
        young = file.modified is not None and abs((self._now() - file.modified).total_seconds()) < self._manner.settle
        told = f"{file.name} has the MD5 {checksum.removeprefix('md5:')}, and its .md5 says {wanted.removeprefix('md5:')}"
        return FileUnfinished(f"{told}: it is still being written") if young else SourceFailed(told)

    def _own_name(self, named: str) -> str:
        """The name of a file from its name or its whole address; raises WrongUse for an address anywhere else."""
        if "/" not in named:
            return named.removesuffix(CHECKSUM)
        for place in self._places:
            for root in (place.root, shown_place(place.root)):
                if named.startswith(root) and "/" not in (name := named.removeprefix(root)):
                    return name.removesuffix(CHECKSUM)
        raise WrongUse(f"{shown_place(named)} does not lie in {', '.join(shown_place(place.root) for place in self._places)}")


def shown_place(root: str) -> str:
    """A place for a person: an address without secrets, or a path."""
    return shown_address(root) if "://" in root else root
