"""The application that `chronokg serve` runs, on a port of its own, for as long as a test asks."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from flows.api.app import make_app
from flows.home.homes import Home


@contextmanager
def served(home: Home) -> Iterator[str]:
    """The home under an address of this machine."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = uvicorn.Server(uvicorn.Config(make_app(home), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.02)
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
