"""Where a home's log lies: in it, or where the setting `log` says, with the ontology and the leases beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.home.configuration.settings import Settings, load_ontology, ontology_text, parse_ontology
from flows.home.terminal import note
from graph_store.folders.places import Folder, Place, folder_at, is_url, place_in
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.log.log_files import COMMITS
from schema.errors import StoreFailed, WrongUse, plain_reason
from schema.ids import stable_id
from schema.ontology import Ontology

ONTOLOGY = "ontology.yaml"
LOG = "log"


def home_folder(path: Path | str) -> Path:
    """The folder of a home; raises WrongUse where none can be."""
    if is_url(path):
        raise WrongUse(f"the home {path} is no folder, and a home is one on this machine; --log {path} puts its log there")
    folder = Path(path).expanduser()
    if folder.exists() and not folder.is_dir():
        raise WrongUse(f"the home {folder} is a file, and a home is a folder")
    return folder


def place_of_log(home: Path, settings: Settings) -> Place:
    """Where the log lies."""
    return place_in(settings.log or home, LOG)


def open_log(home: Path, settings: Settings, *, reads_only: bool) -> DeltaEvidenceLog:
    """The log; its index lies in the home, one for each place."""
    place = place_of_log(home, settings)
    index = home / f"log-index-{stable_id('log', str(place))[:12]}.sqlite" if settings.log else None
    return DeltaEvidenceLog(place, index=index, reads_only=reads_only, tell=note)


def require_home(home: Path, settings: Settings) -> None:
    """Raise WrongUse where there is nothing of a home, and no log where the setting says."""
    if settings.log:
        with _told(place := place_of_log(home, settings)):
            if not folder_at(place).sizes(COMMITS):
                raise WrongUse(f"there is no log in {settings.log}; `ingest`, `observe` and `vocab load` make a new one")
    elif not is_home(home):
        there = "nothing of a home is in it" if home.is_dir() else "there is no such folder"
        raise WrongUse(f"{home} is no home: {there}; --home names one, and `ingest`, `observe` and `vocab load` make a new one")


def is_home(path: Path) -> bool:
    """Whether a folder is a home: it has a log, or settings or an ontology for one."""
    return any((path.expanduser() / name).exists() for name in (LOG, "chronokg.toml", ONTOLOGY))


def ontology_in_force(home: Path, settings: Settings, ontology: str | None, *, keep: bool) -> Ontology:
    """The ontology that lies beside the log, or the one that is given, which from now on does if `keep`."""
    place, beside = _beside_the_log(home, settings)
    kept = kept_ontology(home, settings)
    if ontology is None and kept is not None:
        return parse_ontology(_text(kept, place), str(place_in(place, ONTOLOGY)))
    given = load_ontology(ontology or "biomedical")  # a wrong one is refused before it replaces the one that is kept
    content = ontology_text(ontology or "biomedical").encode()
    if keep and kept != content:
        with _told(place):
            beside.replace(ONTOLOGY, content)
    return given


def kept_ontology(home: Path, settings: Settings) -> bytes | None:
    """The file of the ontology beside the log; None where none is kept."""
    place, beside = _beside_the_log(home, settings)
    with _told(place):
        return beside.read(ONTOLOGY)


def _beside_the_log(home: Path, settings: Settings) -> tuple[Place, Folder]:
    place: Place = settings.log or home
    return place, folder_at(Path(place).expanduser() if not is_url(place) else place)


def _text(content: bytes, place: Place) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as cause:
        raise WrongUse(f"{place_in(place, ONTOLOGY)} is not UTF-8 text: {cause}") from cause


@contextmanager
def _told(place: Place) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        if not is_url(place):
            raise  # the command line knows how to say what a disk refuses
        raise StoreFailed(f"{place} could not be read or written: {plain_reason(cause)}") from cause
