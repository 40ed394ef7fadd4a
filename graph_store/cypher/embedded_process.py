"""The process in which ArcadeDB runs: asked by lines on its input, and gone when that ends. Started by embedded_server.

Started as a file of its own, it imports nothing of the house: each tenth of a second counts for every command.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jpype  # type: ignore[import-untyped]

_ATTEMPTS = 3
_CLOSING_S = 10.0
_RECORDING_S = 60.0
_ASSEMBLING_S = 300


def main() -> None:
    """Start the server that the first line of the input describes, answer the others, and stop at their end."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Java writes where it likes; answers go another way

    def tell(**what: Any) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more where the other process was killed
            told.write(json.dumps(what) + "\n")
            told.flush()

    wanted = json.loads(sys.stdin.readline())
    try:
        _start_jvm(wanted)
        database = Database(wanted)
    except Exception as cause:  # noqa: BLE001 - whatever it is, the other process is waiting for a word
        tell(failed=_with_causes(cause))
        raise SystemExit(1) from None
    tell(port=database.port)
    in_order = False
    for line in sys.stdin:
        asked = json.loads(line)
        if "stop" in asked:
            in_order = True
            break
        answer = database.refusal(asked["analyse"]) if "analyse" in asked else database.emptied()
        tell(answer=answer)
    # A query that nobody waits for any more may hold the database: what is committed is safe all the same.
    with _at_most(_CLOSING_S):
        database.stop()
    tell(stopped=True)
    if wanted["record"] and in_order:
        with _at_most(_RECORDING_S):
            jpype.shutdownJVM()  # now it writes down what it has loaded
        _assemble(wanted)
    os._exit(0)


class Database:
    """A server on loopback and free ports, with one database."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        """Start it; raises what Java raises."""
        self._name = wanted["database"]
        for attempt in range(1, _ATTEMPTS + 1):
            bolt, http = _free_ports()
            self.port = wanted["port"] or bolt
            settings = {**wanted["settings"], "arcadedb.bolt.port": self.port, "arcadedb.server.httpIncomingPort": http}
            context = jpype.JClass("com.arcadedb.ContextConfiguration")()
            for name, value in settings.items():
                context.setValue(name, value)
            self._server = jpype.JClass("com.arcadedb.server.ArcadeDBServer")(context)
            try:
                self._server.start()
                self._server.getDatabase(self._name, True, True)
            except jpype.JException as cause:
                self._server.stop()
                # Between finding a port free and listening on it, another process may have taken it.
                if attempt == _ATTEMPTS or "already in use" not in _with_causes(cause):
                    raise
            else:
                return

    def refusal(self, cypher: str) -> str | None:
        """Why a query is no plain read; None where it is one."""
        try:
            analysed = self._server.getDatabase(self._name).getQueryEngine("opencypher").analyze(cypher)
            if analysed.isDDL():
                return "it changes the database's definitions"
            return None if analysed.isIdempotent() else "it writes"
        except jpype.JException as cause:
            return f"the server does not understand it: {cause.message()}"

    def emptied(self) -> str | None:
        """Drop the database and make an empty one in its place; why not where that failed."""
        try:
            self._server.getDatabase(self._name).getEmbedded().drop()
            self._server.removeDatabase(self._name)
            self._server.getDatabase(self._name, True, True)
        except jpype.JException as cause:
            return str(cause.message())
        return None

    def stop(self) -> None:
        """Close the database."""
        self._server.stop()


def _with_causes(error: Any) -> str:
    """An error with what lies behind it: Java's outer words seldom say it."""
    told: list[str] = []
    while error is not None and len(told) < 5:
        told.append(str(error.toString() if isinstance(error, jpype.JException) else error))
        error = error.getCause() if isinstance(error, jpype.JException) else None
    return ", because of ".join(told)


def _start_jvm(wanted: dict[str, Any]) -> None:
    package = Path(wanted["package"])
    library = next(path for name in ("libjvm.so", "libjvm.dylib", "jvm.dll") for path in package.glob(f"jre/**/{name}"))
    jars = sorted(map(str, (package / "jars").glob("*.jar")))
    recording = ["-XX:AOTMode=record", f"-XX:AOTConfiguration={wanted['record']}.seen"] if wanted["record"] else []
    jpype.startJVM(str(library), *wanted["java"], *recording, classpath=jars, interrupt=False, convertStrings=False)
    wanted["classpath"] = str(jpype.JClass("java.lang.System").getProperty("java.class.path"))


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """End this process where what is in here takes longer."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.start()
    yield
    timer.cancel()


def _assemble(wanted: dict[str, Any]) -> None:
    """Make of what Java has loaded a file that lets the next ones start in a third of the time; nobody waits for it."""
    package, cache = Path(wanted["package"]), wanted["record"]
    os.nice(10)
    java = next((package / "jre" / "bin").glob("java*"))
    files = [f"-XX:AOTConfiguration={cache}.seen", f"-XX:AOTCache={cache}.new", "-cp", wanted["classpath"]]
    command = [java, *wanted["java"], "-XX:AOTMode=create", *files]
    made = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2, stderr=2, timeout=_ASSEMBLING_S, check=False)
    if made.returncode == 0:
        Path(f"{cache}.new").replace(cache)
    for left in (f"{cache}.seen", f"{cache}.new", f"{cache}.lock"):
        Path(left).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
