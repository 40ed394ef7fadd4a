"""The answer to a query about some days, as files: the same names each time, none left of an earlier answer."""

from pathlib import Path

from schema.document import SourceFile
from schema.errors import SourceUnavailable
from schema.ports import DeliveredFile, ListedFile

FEW_MISSING, SHARE_MISSING = 10, 0.1
"""Records, or a share of those that were counted, that may fail to come: one is withdrawn in between. More is an answer cut short."""


class FetchedDays:
    """Takes pages of XML as they come."""

    def __init__(self, folder: Path, file: ListedFile) -> None:
        self._folder, self._file = folder, file
        self._paths: list[Path] = []
        self._last = ""
        self.counted = 0  # records that were found
        self.missing = 0  # of these, records that did not come
        for old in folder.glob(f"{file.name}.page*.xml"):
            old.unlink()

    def found(self, count: int) -> None:
        """So many records are to come."""
        self.counted += count

    def add(self, content: bytes, records: int, last_record: str) -> None:
        """Keep a page, unless it has no records."""
        if not records:
            return
        path = self._folder / f"{self._file.name}.page{len(self._paths) + 1:04}.xml"
        part = path.with_name(f"{path.name}.part")
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._paths.append(path)
        self._last = last_record or self._last

    def delivered(self, source: str, asked: str) -> DeliveredFile:
        """All of it; days that were asked for by name move no watermark (the job takes it away).

        Raises SourceUnavailable where too much of it did not come: behind the watermark nobody would ask for that again.
        """
        assert self._file.days is not None
        if self.missing > max(FEW_MISSING, SHARE_MISSING * self.counted):
            raise SourceUnavailable(f"{self.missing} of {self.counted} records of {self._file.name} were counted and did not come")
        size = sum(path.stat().st_size for path in self._paths)
        state = SourceFile(source, self._file.name, size=size, watermark=self._file.days[1], asked=asked, last_record=self._last)
        return DeliveredFile(self._file, tuple(map(str, self._paths)), state, missing=self.missing)
