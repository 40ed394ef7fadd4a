"""Files that a user names, opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.files.date_table import DateTable, read_date_table
from pipeline.files.opened_file import OpenedFile
from schema.errors import InvalidInput, WrongUse


@contextmanager
def opened_file(path: Path) -> Iterator[OpenedFile]:
    """The content of a file; raises WrongUse where it cannot be read."""
    try:
        with path.open("rb") as stream:
            yield OpenedFile(stream)
    except OSError as cause:
        raise WrongUse(f"{path} cannot be read: {cause.strerror or cause}") from cause


def read_dates(path: Path) -> DateTable:
    """A table of publication dates; raises WrongUse naming the line that is wrong, or where the file breaks off."""
    if not path.is_file():
        raise WrongUse(f"{path} is not a file")
    with opened_file(path) as file:
        try:
            table = read_date_table(file)
        except InvalidInput as cause:
            raise WrongUse(f"{path}, {cause}") from cause
        if file.broken is not None:
            raise WrongUse(f"{path}, {file.broken.position}: {file.broken.reason}")
    return table
