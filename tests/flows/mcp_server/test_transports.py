"""The server as hosts reach it: a process on standard input and output, by HTTP, and mounted in an application; fast."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from mcp import Client, StdioServerParameters

from flows.home.homes import Home
from flows.mcp_server.serving_agents import MCP_PATH, mounted
from flows.watching.listening_places import LOOPBACK
from tests.conftest import ROOT
from tests.docs.pages import blocks
from tests.flows.commands.running import environ, run
from tests.flows.mcp_server.calling import answer, with_client

PAGE = ROOT / "docs" / "how-to" / "connect-an-agent.md"


def process(*arguments: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-m", "flows", *arguments], cwd=ROOT, env=dict(environ()))


async def ask(client: Client) -> Any:
    tools = [tool.name for tool in (await client.list_tools()).tools]
    return tools, await answer(client, "facts", entity="flecainide")


def test_a_host_that_starts_the_command_gets_answers_within_milliseconds(demo_path: Path) -> None:
    """A busy machine gets ten times what a quiet one takes."""

    async def timed(client: Client) -> Any:
        asked = await ask(client)
        begun = time.perf_counter()
        for _ in range(20):
            await client.call_tool("facts", {"entity": "flecainide"})
        return *asked, (time.perf_counter() - begun) / 20

    tools, told, seconds = with_client(process("mcp", "--home", str(demo_path)), timed)
    assert "observe" not in tools
    assert {fact["relation"] for fact in told["facts"]} == {"cause", "compare"}
    assert seconds < 0.5


def test_a_home_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    done = run("mcp", home=tmp_path / "none")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


@contextlib.contextmanager
def listening(*arguments: str) -> Iterator[str]:
    """The command by HTTP, as a process, on a port that is free."""
    port = free_port()
    command = [sys.executable, "-m", "flows", "mcp", "--http", "--port", str(port), *arguments]
    served = subprocess.Popen(command, cwd=ROOT, env=dict(environ()), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        served.terminate()
        served.communicate(timeout=20)


def test_several_hosts_are_answered_by_http(demo_path: Path) -> None:
    with listening("--home", str(demo_path)) as address:
        first, second = with_client(address, ask), with_client(address, ask)
        assert first == second
        assert {fact["relation"] for fact in first[1]["facts"]} == {"cause", "compare"}
        # A page under a name of its own that leads here is refused.
        asked = httpx.post(address, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers={"Host": "evil.example"})
        assert asked.status_code == 421
        assert httpx.post(address, json={}, headers={"Origin": "https://evil.example"}).status_code == 403


def test_strangers_cannot_record(demo_path: Path) -> None:
    done = run("mcp", "--http", "--write", "--host", "0.0.0.0", home=demo_path)
    assert done.returncode == 2
    assert "whoever reaches it could record" in done.stderr


def test_an_application_has_it_beside_its_own_pages_each_time_it_is_started(demo: Home) -> None:
    begun = []

    @contextlib.asynccontextmanager
    async def own(_: FastAPI) -> Any:
        begun.append(True)
        yield

    app = FastAPI(lifespan=own)
    app.get("/own")(lambda: {"own": True})
    mounted(app, demo)
    for _ in range(2):
        with running(app) as address:
            assert httpx.get(f"{address}/own").json() == {"own": True}
            _, told = with_client(f"{address}/mcp", ask)
            assert told["facts"]
    assert begun == [True, True]


@contextlib.contextmanager
def running(app: FastAPI) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def test_what_the_page_tells_hosts_is_what_is_started_here() -> None:
    configured = [json.loads(block.text) for block in blocks(PAGE) if block.language == "json"]
    servers = [server for each in configured for server in (each.get("mcpServers") or each["servers"]).values()]
    started = [(server["command"], *server["args"]) for server in servers if "command" in server]
    assert set(started) == {("chronokg", "mcp", "--home", "/home/me/my-graph")}
    assert {server["url"] for server in servers if "url" in server} == {f"http://{LOOPBACK}:8765{MCP_PATH}"}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"nothing listens at {port} after {seconds:g} s")
