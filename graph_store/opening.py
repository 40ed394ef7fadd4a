"""Opening the graph that a setting names."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from graph_store.queries.query_guard import DEFAULT_LIMITS, QueryLimits
from schema.errors import WrongUse
from schema.ports import GraphStore

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


def open_store(
    uri: str,
    directory: Path,
    *,
    user: str = "neo4j",
    password: str = "",
    database: str = "neo4j",
    wait_s: float = 10.0,
    heap: str = "2g",
    limits: QueryLimits = DEFAULT_LIMITS,
    cache: Path | None = None,
    mend: Callable[[str], None] | None = None,
) -> GraphStore:
    """Open `embedded` (under the directory), `memory:` or a server. Nothing heavy is imported before it is needed.

    Raises WrongUse for any other setting, StoreBusy where another process holds the embedded graph after `wait_s`
    seconds, StoreUnavailable where no server answers. `user`, `password` and `database` are for servers; `heap` is the memory of the
    embedded one, and `cache` a folder where it keeps what makes its next starts faster; `limits` are those of queries.
    An embedded graph that is damaged is replaced by an empty one, and `mend` hears why; None: StoreFailed.
    """
    if uri in {"memory:", "memory"}:
        from graph_store.memory_store import MemoryStore

        return MemoryStore()
    if uri in {"embedded", "embedded:"}:
        return _open_embedded(directory, wait_s, heap, limits, cache, mend)
    parts = urlsplit(uri)
    if parts.scheme not in SCHEMES or not parts.hostname:
        allowed = ", ".join(["embedded", "memory:", *(f"{scheme}://host:port" for scheme in SCHEMES)])
        raise WrongUse(f"the graph {_without_secret(uri)!r} is none of {allowed}")
    if parts.username or parts.password:
        raise WrongUse(f"the graph {_without_secret(uri)!r} holds a user or password; give them as settings of their own")
    from graph_store.cypher.cypher_store import CypherStore
    from graph_store.cypher.driver import Connection

    return CypherStore(Connection(uri, user, password, database), limits=limits)


def _open_embedded(
    directory: Path, wait_s: float, heap: str, limits: QueryLimits, cache: Path | None, mend: Callable[[str], None] | None
) -> GraphStore:
    from graph_store.cypher.embedded_files import DATABASE, READER
    from graph_store.cypher.embedded_server import EmbeddedServer

    server = EmbeddedServer(directory, wait_s, heap, limits, cache, mend)
    with ExitStack() as on_failure:
        on_failure.callback(server.stop)
        # While the server starts: the driver takes a while, too.
        from graph_store.cypher.cypher_store import CypherStore
        from graph_store.cypher.driver import Connection

        writer = Connection(server.uri, "root", server.credentials.root, DATABASE, server)
        reader = Connection(server.uri, READER, server.credentials.reader, DATABASE, server)
        on_failure.pop_all()
    return CypherStore(writer, reader, server, limits)


def _without_secret(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
