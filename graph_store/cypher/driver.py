"""The neo4j driver behind a small face: the only file that imports it."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import neo4j
import neo4j.graph
import neo4j.spatial
import neo4j.time
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConnectionAcquisitionTimeoutError,
    ConstraintError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)
from tenacity import Retrying, retry_if_exception, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential

from graph_store.cypher.property_values import in_utc
from graph_store.queries.query_guard import QueryLimits
from graph_store.server_failures import server_failure
from schema.errors import QueryRefused, StoreBusy, StoreFailed, StoreUnavailable, WrongUse

T = TypeVar("T")

# The driver logs every deadlock that it then retries, and every notification of the planner; who wants to hear has said so before.
if logging.getLogger("neo4j").level == logging.NOTSET:
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)

_ATTEMPTS = 10
_RETRY_S = 60.0
_TURN_S = 300.0  # for a connection of the pool: on a machine that has other work too, the driver's minute was once too short
_IDLE_S = 30.0  # after which a connection of the pool is tried before it is used: what lies between may have dropped it
_REASON_CHARS = 600


class RunCypher(Protocol):
    """Runs a statement inside a transaction; rows come back whole, as plain values."""

    def __call__(self, cypher: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of the statement."""


class OwnServer(Protocol):
    """A server that lives and dies with this process."""

    def ready(self) -> None:
        """See that it runs."""

    def interrupt(self) -> None:
        """End what it does."""


class Connection:
    """One user's way to one database of one server."""

    def __init__(self, uri: str, user: str, password: str, database: str, own: OwnServer | None = None) -> None:
        """Connect and ask the server who it is; raises StoreUnavailable where it does not answer, StoreFailed where it refuses the user.

        A URI that begins with neo4j leads to a cluster: what is read goes to its readers, which are told to have what was written here.
        `own`: the server is ours. It may have to be started again before it is asked, and a query that is interrupted need not end.
        """
        self._database = database
        self._bookmarks = neo4j.GraphDatabase.bookmark_manager() if uri.startswith("neo4j") else None
        self._own = own
        self._place = f"{uri}, database {database}"
        with self._told():
            auth = neo4j.basic_auth(user, password) if password else None
            try:
                self._driver = neo4j.GraphDatabase.driver(
                    uri,
                    auth=auth,
                    max_transaction_retry_time=_RETRY_S,
                    connection_timeout=15.0,
                    connection_acquisition_timeout=_TURN_S,
                    user_agent="chronokg",
                    telemetry_disabled=True,
                    # Remarks, such as that nothing has a property yet, would be lines of the logs.
                    notifications_min_severity="OFF",
                    # A server that was started again knows nothing of the connections of the one before.
                    liveness_check_timeout=_IDLE_S if own is None else 0,
                )
            except (ValueError, neo4j.exceptions.ConfigurationError) as cause:
                raise WrongUse(f"the graph {uri} is no address of a server: {cause}") from cause
            with self._session() as session:
                self.agent = session.run("RETURN 1").consume().server.agent

    def __repr__(self) -> str:
        return f"Connection({self._place})"

    @property
    def place(self) -> str:
        """Where it leads, without a secret."""
        return self._place

    def write(self, work: Callable[[RunCypher], T]) -> T:
        """Do the work in one transaction, again where other writers were in the way, the database went or the leader of a cluster changed.

        The work can be repeated: of a transaction whose end was not heard of nobody knows whether it was kept. Raises StoreBusy where
        others stay in the way, StoreUnavailable where the database stays away.
        """
        with self._told(), self._session() as session:
            return _repeated(lambda: session.execute_write(lambda transaction: work(_run_in(transaction))))

    def read(self, work: Callable[[RunCypher], T]) -> T:
        """Do the work in one transaction that only reads."""
        with self._told(), self._session(neo4j.READ_ACCESS) as session:
            return _repeated(lambda: session.execute_read(lambda transaction: work(_run_in(transaction))))

    def define(self, statement: str) -> None:
        """Run a statement that changes definitions, in a transaction of its own, again where others define the same at this moment.

        Also where the database went meanwhile: it is repeatable like what is written.
        """
        attempts = Retrying(
            retry=retry_if_exception(lambda error: _is_defined_by_others(error) or isinstance(error, _AWAY)),
            stop=stop_after_delay(_RETRY_S),
            wait=wait_random_exponential(multiplier=0.05, max=1.0),
            reraise=True,
        )
        with self._told(), self._session() as session:
            attempts(lambda: session.run(_trusted(statement)).consume())

    def query_type(self, cypher: str, parameters: Mapping[str, Any]) -> str | None:
        """What the server's planner takes the query for: r, w, rw or s. Nothing is executed."""

        def planned() -> str | None:
            with self._reading(None) as transaction:
                return transaction.run(_trusted("EXPLAIN " + cypher), dict(parameters)).consume().query_type

        with self._query_told(0.0):
            return _once_more(planned)

    def query(self, cypher: str, parameters: Mapping[str, Any], limits: QueryLimits) -> list[dict[str, Any]]:
        """Rows of somebody's query, within limits as far as the server keeps them; whatever it did is rolled back."""

        def answered() -> list[dict[str, Any]]:
            with self._reading(limits.seconds) as transaction:
                return limits.enforced(_each_row(transaction.run(_trusted(cypher), dict(parameters))))

        with self._query_told(limits.seconds):
            return _once_more(answered)

    def close(self) -> None:
        """Let go of the connections."""
        self._driver.close()

    def _session(self, mode: str = neo4j.WRITE_ACCESS) -> neo4j.Session:
        if self._own is not None:
            self._own.ready()
        return self._driver.session(database=self._database, default_access_mode=mode, bookmark_manager=self._bookmarks)

    @contextmanager
    def _reading(self, limit_s: float | None) -> Iterator[neo4j.Transaction]:
        with (
            self._session(neo4j.READ_ACCESS) as session,
            session.begin_transaction(timeout=limit_s) as transaction,
        ):
            try:
                yield transaction
            except KeyboardInterrupt:
                if self._own is not None:
                    self._own.interrupt()  # else the block would end with a word of the server, which comes when the query is done
                raise
            transaction.rollback()  # else the block would end with a commit

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (Neo4jError, DriverError) as cause:
            raise self._failure(cause) from cause
        except UnicodeEncodeError as cause:
            raise StoreFailed(f"text that is not Unicode cannot be stored ({cause.reason}): {cause.object[:80]!r}") from cause

    def _failure(self, cause: Neo4jError | DriverError) -> StoreFailed:
        if isinstance(cause, _AWAY):
            more = "" if "Couldn't connect" in str(cause) else f" ({_reason(cause)})"
            return StoreUnavailable(f"no graph server answers at {self._place}{more}: start it and try again, or name another by --graph")
        if isinstance(cause, ConnectionAcquisitionTimeoutError):
            return StoreBusy(f"no connection to {self._place} was free for {_TURN_S:g} s")
        if isinstance(cause, AuthError):
            return StoreFailed(f"the graph server at {self._place} does not accept this user and password")
        code = (cause.code or "") if isinstance(cause, Neo4jError) else ""
        if "Bookmark" in code:
            self._bookmarks = neo4j.GraphDatabase.bookmark_manager()  # else nothing could be read until this process ends
        return server_failure(self._place, code, str(cause), _reason(cause))

    @contextmanager
    def _query_told(self, limit_s: float) -> Iterator[None]:
        with self._told():
            try:
                yield
            except AuthError:
                raise
            except Neo4jError as cause:
                # ArcadeDB gives mistakes in a query as errors of the database.
                if "TimedOut" in (cause.code or "") or "timeout" in str(cause).lower():
                    raise QueryRefused(f"the query took longer than {limit_s:g} s") from cause
                raise QueryRefused(f"the server refuses the query: {_reason(cause)}") from cause


def python_value(value: Any) -> Any:
    """Values as Python has them: dates, moments, lists; nodes, relationships and paths as dictionaries, the rest as text."""
    match value:
        case neo4j.graph.Node():
            return {"labels": sorted(value.labels), "properties": python_value(dict(value))}
        case neo4j.graph.Relationship():
            return {"type": value.type, "properties": python_value(dict(value))}
        case neo4j.graph.Path():
            return {"nodes": python_value(list(value.nodes)), "relationships": python_value(list(value.relationships))}
        case dict():
            return {key: python_value(each) for key, each in value.items()}
        case list():
            return [python_value(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    match value:
        case neo4j.time.DateTime():
            return in_utc(value.to_native())
        case neo4j.time.Date() | neo4j.time.Time():
            return value.to_native()
        case neo4j.time.Duration():
            return value.iso_format()
        case neo4j.spatial.Point():
            return {"srid": value.srid, "coordinates": list(value)}
        case bytes() | bytearray():
            return value.hex()
        case _:
            return str(value)


def _run_in(transaction: neo4j.ManagedTransaction) -> RunCypher:
    def run(cypher: str, /, **parameters: Any) -> list[dict[str, Any]]:
        return _rows(transaction.run(_trusted(cypher), parameters))

    return run


def _rows(result: neo4j.Result) -> list[dict[str, Any]]:
    return list(_each_row(result))


def _each_row(result: neo4j.Result) -> Iterator[dict[str, Any]]:
    for record in result:
        yield {key: python_value(record[key]) for key in record.keys()}  # noqa: SIM118 - iterating gives values


def _trusted(cypher: str) -> Any:
    # The driver types statements as literals to keep values out of them; ours are put together from checked names only.
    return cypher


_AWAY = (ServiceUnavailable, SessionExpired)


def _once_more(read: Callable[[], T]) -> T:
    """Connections of the pool do not outlive a server, and the driver finds out by using them: one that is made anew may serve."""
    done: T = Retrying(retry=retry_if_exception_type(_AWAY), stop=stop_after_attempt(2), reraise=True)(read)
    return done


def _repeated(once: Callable[[], T]) -> T:
    """What the driver does not repeat by itself: it does not know that our work can be done twice."""
    attempts = Retrying(
        retry=retry_if_exception(lambda error: _is_conflict(error) or isinstance(error, IncompleteCommit)),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.02, max=0.3),
        reraise=True,
    )
    done: T = attempts(once)
    return done


def _is_conflict(error: BaseException) -> bool:
    """Two writers made the same thing, or one removed what the other found: the transaction is gone, and can be done again."""
    return isinstance(error, ConstraintError) or (isinstance(error, ClientError) and "EntityNotFound" in (error.code or ""))


def _is_defined_by_others(error: BaseException) -> bool:
    """Neo4j takes locks for `IF NOT EXISTS` only after it looked: two that define at once stand in each other's way."""
    code = (error.code or "") if isinstance(error, Neo4jError) else ""
    return "DeadlockDetected" in code or "AlreadyExists" in code


def _reason(cause: Exception) -> str:
    text = (cause.message if isinstance(cause, Neo4jError) else None) or str(cause) or type(cause).__name__
    return f"{type(cause).__name__}: {text.splitlines()[0].rstrip(':')[:_REASON_CHARS]}"
