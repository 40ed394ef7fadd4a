"""A server with the explorer's routes and what they need of others, on a port of its own, for as long as a test asks."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from flows.answers.entities import found_entities
from flows.explorer.explorer_routes import explorer_router
from flows.home.homes import Home
from schema.errors import ChronoKGError


def app_of(home: Home) -> FastAPI:
    """An app that answers from one home, with errors as problems."""
    app = FastAPI()

    async def answered(_request: Request, ask: Callable[[Home], Any]) -> Response:
        return JSONResponse(await run_in_threadpool(ask, home))

    @app.exception_handler(ChronoKGError)
    async def _told(_request: Request, error: ChronoKGError) -> Response:
        return JSONResponse({"title": type(error).__name__, "detail": str(error)}, 404, media_type="application/problem+json")

    @app.get("/entities")
    async def _entities(request: Request, q: str, limit: int = 8) -> Response:
        return await answered(request, lambda home: {"entities": [asdict(one) for one in found_entities(home, q, None, limit)]})

    app.include_router(explorer_router(answered))
    return app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app under an address of this machine."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.02)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(10)
