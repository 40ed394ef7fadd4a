"""Opening the graph that a setting names."""

from pathlib import Path
from urllib.parse import urlsplit

from schema.errors import StoreFailed, WrongUse
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
) -> GraphStore:
    """Open `embedded` (under the directory), `memory:` or a server. Nothing heavy is imported before it is needed.

    Raises WrongUse for any other setting, StoreBusy where another process holds the embedded graph after `wait_s`
    seconds, StoreFailed where no server answers. `user`, `password` and `database` are for servers, `heap` is Java's.
    """
    if uri in {"memory:", "memory"}:
        from graph_store.memory_store import MemoryStore

        return MemoryStore()
    if uri in {"embedded", "embedded:"}:
        return _open_embedded(directory, wait_s, heap)
    parts = urlsplit(uri)
    if parts.scheme not in SCHEMES or not parts.hostname:
        allowed = ", ".join(["embedded", "memory:", *(f"{scheme}://host:port" for scheme in SCHEMES)])
        raise WrongUse(f"the graph {_without_secret(uri)!r} is none of {allowed}")
    if parts.username or parts.password:
        raise WrongUse(f"the graph {_without_secret(uri)!r} holds a user or password; give them as settings of their own")
    from graph_store.cypher.cypher_store import CypherStore
    from graph_store.cypher.driver import Connection

    return CypherStore(Connection(uri, user, password, database))


def _open_embedded(directory: Path, wait_s: float, heap: str) -> GraphStore:
    from graph_store.cypher.cypher_store import CypherStore
    from graph_store.cypher.driver import Connection
    from graph_store.cypher.embedded_server import DATABASE, READER, EmbeddedServer

    server = EmbeddedServer(directory, wait_s, heap)
    try:
        writer = Connection(server.uri, "root", server.credentials.root, DATABASE)
        reader = Connection(server.uri, READER, server.credentials.reader, DATABASE)
    except StoreFailed:
        server.stop()
        raise
    return CypherStore(writer, reader, server)


def _without_secret(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
