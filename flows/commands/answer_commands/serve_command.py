"""`chronokg serve`: the home's answers over HTTP."""

from dataclasses import replace
from typing import Annotated

import typer

from flows.commands.options import Call, command

app = typer.Typer()


@command(app)
def serve(
    call: Call,
    host: Annotated[str | None, typer.Option("--host", help="An address of this machine (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="0: any that is free (default: 8000).")] = None,
    write: Annotated[bool, typer.Option("--write", help="Also take observations and retractions, from keys that may write.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Serve the home's answers over HTTP, until Ctrl-C: entities, facts, history, paths, contexts, changes; OpenAPI at /openapi.json."""
    from flows.api.http_server import address_of, listening_socket, require_safe, run_server
    from flows.home.log_places import is_home
    from flows.home.terminal import show_note
    from graph_store.holder_lock import may_write

    is_sealed = not write and is_home(call.given["home"]) and not may_write(call.given["home"].expanduser())
    home = replace(call, reads_only=is_sealed).opened(serve_host=host, serve_port=port)
    settings = home.settings
    require_safe(home, settings.serve_host, writes=write)
    with listening_socket(settings.serve_host, settings.serve_port) as listening:
        who = "keys that may read or write" if settings.serve_keys else "this machine, to read"
        show_note(f"chronokg: {home.path} at {address_of(listening)}, for {who}; Ctrl-C ends")
        flags = {name: getattr(settings, name) for name, origin in home.origins.items() if origin == "flag"}
        run_server(home, flags, listening, writes=write, workers=workers)
    show_note("chronokg: no longer served")
