"""`backup make`: a state of a home is copied while others write to it; only what the place lacks is copied."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents.confidence.calibration import FOLDER as CALIBRATIONS
from agents.reader import REPLIES
from flows.backups.plain_settings import fit_for_backups
from flows.home.homes import Home, now
from flows.home.log_places import ONTOLOGY, kept_ontology
from flows.home.showing import Progress
from flows.jobs.bulk_rebuild import write_files
from flows.wiring.home_vocabularies import vocabularies_file
from graph_store.backup_store.backup_place import BackupPlace
from graph_store.backup_store.backup_states import LOG, BackupState, KeptFile
from schema.errors import WrongUse

GRAPH = "graph-import"
"""Where the files of a bulk import stand in a backup, and lie in a home that was put back."""

SETTINGS = "chronokg.toml"


@dataclass(slots=True)
class Copying:
    """Files on their way into a place, and what has been copied of them."""

    place: BackupPlace
    there: dict[str, int]  # sizes by hash
    known: dict[str, KeptFile]  # files that an earlier state has, which are never changed
    files: dict[str, KeptFile] = field(default_factory=dict)
    copied: int = 0
    copied_bytes: int = 0

    def take(self, name: str, source: Path | bytes, *, never_changed: bool = False) -> None:
        """Copy a file if the place lacks it; one that is never changed and that an earlier state has is not even read."""
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        kept = self.known.get(name) if never_changed else None
        if kept is None or kept.size != size:
            kept = KeptFile(size=size, hash=_hash_of(source))
        if self.there.get(kept.hash) != size:
            self.place.put(kept.hash, source)
            self.there[kept.hash] = size
            self.copied += 1
            self.copied_bytes += size
        self.files[name] = kept


def make_backup(home: Home, place: str, *, with_replies: bool = False, with_graph: bool = False) -> dict[str, Any]:
    """Copy a state of a home to a folder or `s3://bucket/prefix`, and what the place lacks of it only.

    It is the log as of its last commit, wherever it lies, ontology, settings without secrets, vocabularies, calibrations and
    evaluations; the answers of models and the files of a bulk import only if asked for. Whoever writes goes on. Returns `text`, `state`
    (its number), `files`, `bytes`, `copied`, `copied_bytes` and `left_out`. Raises WrongUse, StoreFailed.
    """
    _refuse_inside(home, place)
    to = BackupPlace(place, make=True)
    to.sweep()
    copying = Copying(to, to.sizes(), _known(to, home))
    left_out: list[str] = []
    with TemporaryDirectory(prefix="chronokg-backup-") as passing:
        if with_graph:  # first: a graph may be behind the log that it is put back with, and not ahead of it
            write_files(home, folder := Path(passing) / GRAPH)
            for each in sorted(folder.rglob("*")):
                if each.is_file():
                    copying.take(f"{GRAPH}/{each.relative_to(folder).as_posix()}", each)
        for name, source in _beside_the_log(home, Path(passing), left_out, with_replies=with_replies):
            copying.take(name, source)
    version = home.log.version()
    parts = home.log.parts(version)
    with Progress("copying", len(parts)) as progress:
        for part in parts:
            # Commits are numbered: of two copies of a home that went on by themselves one number names two.
            copying.take(LOG + part, home.log.part(part), never_changed="/" not in part)
            progress.advance(1)
    state = BackupState(
        made=now(),
        home=str(home.path.resolve()),
        log=version.log,
        version=version.number,
        commit=version.commit,
        files=copying.files,
        left_out=tuple(left_out),
    )
    return _told(to.add(state), state, copying, place)


def _told(number: int, state: BackupState, copying: Copying, place: str) -> dict[str, Any]:
    text = (
        f"state {number} in {place}: the log up to commit {state.version}, {len(state.files):,} files, {state.size:,} bytes;"
        f" {copying.copied:,} of them ({copying.copied_bytes:,} bytes) were new there"
    )
    told = {"state": number, "version": state.version, "files": len(state.files), "bytes": state.size}
    words = "\n".join([text, *(f"left out: {each}" for each in state.left_out)])
    return {"text": words, **told, "copied": copying.copied, "copied_bytes": copying.copied_bytes, "left_out": list(state.left_out)}


def _known(place: BackupPlace, home: Home) -> dict[str, KeptFile]:
    """The files of the last state, which must be this home's."""
    numbers = place.states()
    if not numbers:
        return {}
    last = place.state(numbers[-1])
    mine = home.log.version().log
    if last.log and mine and last.log != mine:
        raise WrongUse(f"{place} holds backups of another home, which lay in {last.home}: name another place")
    return dict(last.files)


def _beside_the_log(home: Home, passing: Path, left_out: list[str], *, with_replies: bool) -> Iterator[tuple[str, Path | bytes]]:
    if (ontology := kept_ontology(home.path, home.settings)) is not None:
        yield ONTOLOGY, ontology
    if (settings := home.path / SETTINGS).exists():
        plain, without = fit_for_backups(settings.read_text(encoding="utf-8"))
        if plain is None:
            left_out.append(f"{SETTINGS}, for {', '.join(without) or 'what may be a secret in it'}")
        else:
            yield SETTINGS, plain.encode()
            if without:
                left_out.append(f"{', '.join(without)} of {SETTINGS}")
    for folder in (CALIBRATIONS, "evaluations"):
        for each in sorted((home.path / folder).rglob("*")):
            if each.is_file():
                yield each.relative_to(home.path).as_posix(), each.read_bytes()
    databases = [vocabularies_file(home)]
    if with_replies:
        databases.append(home.path / REPLIES)
    elif (home.path / REPLIES).exists():
        left_out.append(f"{REPLIES} (--with-replies)")
    for database in databases:
        if database.exists():
            yield database.name, _snapshot(database, passing / database.name)


def _snapshot(database: Path, copy: Path) -> Path:
    """A database as it is at one moment, whoever writes to it."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _refuse_inside(home: Home, place: str) -> None:
    if "://" in place:
        return
    at, own = Path(place).expanduser().resolve(), home.path.resolve()
    if own in (at, *at.parents):
        where = "is the home itself" if at == own else f"lies in the home {home.path}, and would be lost with it"
        raise WrongUse(f"{place} {where}: a backup belongs elsewhere, on another disk at best")


def _hash_of(source: Path | bytes) -> str:
    if isinstance(source, bytes):
        return sha256(source).hexdigest()
    with source.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
