"""`chronokg mcp`: the home for agents, by the Model Context Protocol."""

from dataclasses import replace
from typing import Annotated

import typer

from flows.commands.options import Call, command
from flows.watching.listening_places import LOOPBACK

app = typer.Typer()


@command(app, reads_only=True)
def mcp_command(
    call: Call,
    write: Annotated[bool, typer.Option("--write", help="Agents may also record: observations, and retractions.")] = False,
    http: Annotated[bool, typer.Option("--http", help="By streamable HTTP, for several agents, instead of standard input.")] = False,
    host: Annotated[str, typer.Option("--host", help="Where to listen, with --http.")] = LOOPBACK,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port, with --http.")] = 8765,
) -> None:
    """Serve agents: tools to search, facts as of a day, histories, paths, changes and context; on standard input and output."""
    from flows.home.terminal import show_note
    from flows.mcp_server.serving_agents import MCP_PATH, run_on_http, run_on_stdio

    home = replace(call, reads_only=not write, makes=write).home
    if http:
        show_note(f"serving agents at http://{host}:{port}{MCP_PATH}; Ctrl-C ends it")
        run_on_http(home, host=host, port=port, writes=write)
    else:
        run_on_stdio(home, writes=write)
