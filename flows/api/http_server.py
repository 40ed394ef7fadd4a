"""Running the application: a socket, one process or several, and an end that lets answers under way be finished."""

import signal
import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from flows.api.app import make_app
from flows.api.callers import is_loopback
from flows.home.homes import Home, open_home
from flows.home.watched import log_as_set, watch_home
from flows.watching.logs import Level, log_event
from schema.errors import WrongUse

END_S = 10
"""Seconds in which answers that are under way at the end may be finished."""

LEVEL: Level = "warning"
"""What is logged where the settings are silent."""

_BACKLOG = 1024


def require_safe(home: Home, host: str, *, writes: bool) -> None:
    """Raise WrongUse where strangers could read or write."""
    keys = home.settings.serve_keys
    if not keys and not is_loopback(host):
        raise WrongUse(f"serving at {host} needs a key, for others than this machine reach it: see the setting serve_keys")
    if writes and not any("write" in key.scopes for key in keys.values()):
        raise WrongUse("to write over HTTP there has to be a key with the scope write: see the setting serve_keys")


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens at an address of this machine; port 0: any that is free. Raises WrongUse where it cannot."""
    plain = host.strip("[]")
    try:
        family, kind, _, _, address = socket.getaddrinfo(plain, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)  # who comes before the application is made waits
    except OSError as cause:
        raise WrongUse(f"{host}:{port} cannot be listened at ({cause.strerror or cause}); --host and --port name another") from cause
    listening.set_inheritable(True)
    return listening


def address_of(listening: socket.socket) -> str:
    """Where it is reached, as a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_server(home: Home, flags: Mapping[str, Any], listening: socket.socket, *, writes: bool, workers: int = 1) -> None:
    """Serve until interrupted. Several `workers` are processes, each of which opens the home again, with these flags."""
    make = partial(_made, home) if workers == 1 else partial(app_of_worker, home.path, dict(flags))
    config = uvicorn.Config(
        partial(make, writes=writes),
        factory=True,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        lifespan="on",
        timeout_graceful_shutdown=END_S,
    )
    if workers > 1:
        Multiprocess(config, sockets=[listening]).run()
        return
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _is_over)  # uvicorn ends tidily at one of them, and then raises it again
    uvicorn.Server(config).run([listening])


def app_of_worker(path: Path, flags: Mapping[str, Any], *, writes: bool) -> FastAPI:
    """The application in a process of its own."""
    return _made(open_home(path, flags, make=False), writes=writes)


def _made(home: Home, *, writes: bool) -> FastAPI:
    log_as_set(home.settings, LEVEL)
    watch_home(home)
    app = make_app(home, writes=writes)
    log_event("serving", home=str(home.path), writes=writes)
    return app


def _is_over(_signal: int, _frame: object) -> None:
    """It has ended by then."""
