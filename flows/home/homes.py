"""A home: where the log, the caches and the embedded graph of one knowledge base live, and how they are opened."""

import atexit
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from filelock import ReadWriteLock, Timeout

from agents.adapters.derived_files import cache_folder
from flows.home.log_places import home_folder, ontology_in_force, open_log, place_of_log, require_home
from flows.home.settings import Settings, check_relations, load_settings, rules
from flows.home.terminal import note, show_note
from flows.watching.metrics import graph_counted, graph_followed, recorded
from graph_store.cypher.embedded_server import embedded_unavailable
from graph_store.cypher.left_graph import forget, leave
from graph_store.folders.places import Place
from graph_store.holder_lock import HolderLock
from graph_store.leasing.holders import this_process
from graph_store.leasing.kept_leases import open_leases
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.opening import open_store
from graph_store.queries.query_guard import QueryLimits
from pipeline.believing.rules import Rules
from pipeline.line import RebuildNeeded, bring_up_to_date
from pipeline.linking.name_forms import VERSION as NAME_FORMS
from pipeline.linking.name_forms import forms_of
from pipeline.retrieving.kept_neighbourhoods import KeptNeighbourhoods
from pipeline.updating.changed_facts import ChangedFacts
from pipeline.updating.graph_state import require_own_graph
from schema.errors import StoreBusy
from schema.ports import GraphStore, Leases, stage

if TYPE_CHECKING:
    from pipeline.intake.batches import Intake

EMBEDDED = "embedded"


@dataclass(frozen=True)
class Home:
    """An open home. The graph is opened only by what needs it."""

    path: Path
    settings: Settings
    origins: Mapping[str, str]
    rules: Rules
    log: DeltaEvidenceLog

    @property
    def asked(self) -> str:
        """How the model is asked, for trying again what is set aside."""
        return f"{self.settings.reading} {self.settings.model}"

    def with_settings(self, **given: Any) -> "Home":
        """The same home with other settings for as long as it is used; None: as they are."""
        flags = {name: value for name, value in given.items() if value is not None}
        settings = self.settings.model_copy(update=flags)
        return replace(self, settings=settings, origins={**self.origins, **dict.fromkeys(flags, "flag")})

    @property
    def concurrency(self) -> int:
        """Documents in flight; one by default for the embedded model, whose answers else vary with what is read beside them."""
        settings = self.settings
        return 1 if settings.model == "embedded" and self.origins["concurrency"] == "default" else settings.concurrency

    @contextmanager
    def graph(self, *, as_it_is: bool = False, wait_s: float | None = None) -> Iterator[GraphStore]:
        """The graph for who writes, brought up to date with the log: what a crash left behind is made good here; or `as_it_is`.

        Raises StoreBusy where another process holds an embedded one for `wait_s` seconds, by default the setting's.
        """
        store = self.open_store(mend=self._told_anew, wait_s=wait_s)
        try:
            if self.graph_here == EMBEDDED:
                forget(self.graph_folder)
            if not as_it_is:
                self.follow(store)
            yield store
            graph_counted(self.log, store)
            if self.graph_here == EMBEDDED:
                leave(self.graph_folder, store, self.rules.ontology, self.rules.fingerprint)
        finally:
            store.close()

    def open_store(self, mend: Callable[[str], None] | None = None, wait_s: float | None = None) -> GraphStore:
        """The graph as it is; an embedded one that is damaged is emptied, and `mend` hears why, or with None is a failure."""
        settings = self.settings
        return open_store(
            self.graph_here,
            self.graph_folder,
            user=settings.graph_user,
            password=settings.graph_password.get_secret_value(),
            database=settings.graph_database,
            wait_s=settings.graph_wait if wait_s is None else wait_s,
            heap=settings.graph_memory,
            limits=QueryLimits(settings.query_seconds, settings.query_rows),
            cache=cache_folder("java"),
            mend=mend,
        )

    @property
    def graph_folder(self) -> Path:
        """Where the embedded graph lies."""
        return self.path / "graph"

    @property
    def spools(self) -> Path:
        """Where documents of runs wait."""
        return self.path / "spools"

    @property
    def name_on_server(self) -> str:
        """By what a graph on a server tells whose it is; empty for one that lies in here."""
        return (self.settings.log or str(self.path.resolve())) if self.on_server else ""

    def follow(self, store: GraphStore, told: ChangedFacts | None = None) -> None:
        """Bring graph and index up to date. On a server several processes may, at the same time; a rebuild waits until it is alone.

        Elsewhere nobody but us has the graph open. What changes is `told`.
        """
        with stage("follow"), graph_followed(self.log, store):
            self._follow(store, told)
            self.complete_index()

    def _follow(self, store: GraphStore, told: ChangedFacts | None) -> None:
        if not self.on_server:
            bring_up_to_date(self.log, store, self.rules, tell=note, told=told, watched=stage)
        else:
            try:
                with suppress(Timeout), self.graph_lock.read_lock(timeout=0):
                    bring_up_to_date(self.log, store, self.rules, alone=False, home=self.name_on_server, told=told, watched=stage)
            except RebuildNeeded:
                with self.alone():
                    bring_up_to_date(self.log, store, self.rules, home=self.name_on_server, tell=note, told=told, watched=stage)

    def complete_index(self) -> None:
        """Bring the log's index along, with the forms of names: who only reads would have to do it for each command."""
        self.log.position()
        self.log.name_index(forms_of, NAME_FORMS)

    def _told_anew(self, why: str) -> None:
        note(f"{why}: it is folded again from the log")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The right to clear the graph, while nobody else writes to it; raises StoreBusy."""
        try:
            with self.graph_lock.write_lock(timeout=self.settings.graph_wait):
                yield
        except Timeout as cause:
            raise StoreBusy(f"other processes write to the graph of {self.path}; waited {self.settings.graph_wait:g} s") from cause

    def bring_graph_along(self) -> None:
        """Open the graph and close it again: opening brings it up to date with the log."""
        with self.graph():
            pass

    def record(self, intake: "Intake", command: str, at: datetime) -> bool:
        """Let the log have a batch with the report on it; False where it was recorded before."""
        with stage("append", batch=intake.batch, records=len(intake.records)):
            fresh = self.log.append(intake.batch, intake.with_report(command, at), intake.observations)
        if fresh:
            recorded(command)
        return fresh

    @property
    def on_server(self) -> bool:
        """Whether the graph is on a server, where several processes can write at once."""
        return "://" in self.settings.graph

    @property
    def place_of_log(self) -> Place:
        """Where the log lies: leases lie beside it."""
        return place_of_log(self.path, self.settings)

    def leases(self, command: str) -> Leases:
        """Who is about to do what with this log, on all machines; `command` is what the others are told."""
        return open_leases(self.place_of_log, this_process(f"chronokg {command}"))

    @cached_property
    def neighbourhoods(self) -> KeptNeighbourhoods:
        """What the fold says of entities, kept while the log says the same."""
        return KeptNeighbourhoods(self.log, self.rules)

    @cached_property
    def graph_lock(self) -> ReadWriteLock:
        """Who writes to a graph on a server: many, or one who rebuilds it."""
        return ReadWriteLock(self.path / "graph.lock.db")

    @cached_property
    def lock(self) -> HolderLock:
        """The right to do what one process does at a time."""
        return HolderLock(self.path / "writer.lock", f"{self.path} is being written")

    @cached_property
    def graph_here(self) -> str:
        """The graph that the settings name; by default in memory where the embedded one cannot run, and we say so."""
        if self.settings.graph == EMBEDDED and self.origins["graph"] == "default":
            reason = embedded_unavailable()
            if reason is not None:
                show_note(f"the embedded graph cannot run here ({reason}); using --graph memory:, folded from the log")
                return "memory:"
        return self.settings.graph

    @property
    def is_in_memory(self) -> bool:
        """Whether the graph is gone when the process ends, and so is folded by who reads it."""
        return self.graph_here in {"memory:", "memory"}

    @contextmanager
    def writing(self, command: str, *, shared: bool = False, graph_of_others: bool = False) -> Iterator[None]:
        """The right to add to this home, for one process at a time; raises StoreBusy naming the holder.

        What several can do at once (`shared`) needs no right: the log takes any number of writers, and leases keep them apart. A
        graph on a server that is another home's raises ForeignGraph, before anything is recorded, unless that is to be replaced.
        """
        (self.path / "writer.lock").touch()  # a disk that can only be read refuses this, before anything is begun
        if self.on_server and not graph_of_others:
            with closing(self.open_store()) as store:
                require_own_graph(self.log, store, self.rules, self.name_on_server)
        if shared:
            yield
            return
        with self.lock.held(self.settings.graph_wait, f"chronokg {command}"):
            yield


def open_home(
    path: Path | str,
    flags: Mapping[str, Any] | None = None,
    ontology: str | None = None,
    *,
    keep: bool = True,
    make: bool = True,
    reads_only: bool = False,
    **settings_by_name: Any,
) -> Home:
    """Open a home, making it where there is none: `open_home("my-graph", graph="memory:", model="http://localhost:8000/v1")`.

    Settings (flows.home.settings.Settings) by name or in `flags` go before the environment and chronokg.toml in the home; None: not
    given. `ontology` (biomedical, general or a file) is kept in the home if `keep`, and changing it re-folds. Who `reads_only` makes and
    changes nothing, log and index neither. Raises WrongUse for a setting, and where there is no home and none is to be made (not
    `make`); InvalidOntology for an ontology that cannot be right; LogDamaged where files of the log are missing or torn.
    """
    path = home_folder(path)
    settings, origins = load_settings(path, {**(flags or {}), **settings_by_name})
    if not make:
        require_home(path, settings)
    if not reads_only:
        path.mkdir(parents=True, exist_ok=True)
    found = ontology_in_force(path, settings, ontology, keep=keep and not reads_only)
    check_relations(settings, origins, found)
    return Home(path, settings, origins, rules(settings, found), open_log(path, settings, reads_only=reads_only))


def passing_folder() -> Path:
    """An empty folder that is gone when the process ends."""
    folder = mkdtemp(prefix="chronokg-")
    atexit.register(rmtree, folder, ignore_errors=True)
    return Path(folder)


def now() -> datetime:
    """The present moment in UTC: the one clock that records are stamped with."""
    return datetime.now(UTC)
