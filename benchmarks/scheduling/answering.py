"""A model server in a process of its own, whose answers depend on the text only, and which notes to whom it answered what.

    python -m benchmarks.scheduling.answering PORT NOTES [--delay 0.05]

It speaks as vLLM does. A line of NOTES for each answer: who asked (the API key), the question (a hash), about which report (where the text
has a title such as "Report 7."), whether the client was still there just before the answer was sent, and when it had been sent.
"""

import json
import re
import select
import socket
import time
from pathlib import Path
from threading import Event, Lock
from typing import Any
from zlib import crc32

from agents.serving.protocols import Dialect
from benchmarks.common import options_of
from benchmarks.scheduling.made_days import DRUGS, ILLNESSES
from tests.agents.fakes import FakeServer, _handler

RELATIONS = ("treat", "cause", "prevent")
_VERBS = {"relieved": "treat", "prevented": "prevent", "caused": "cause", "cause": "cause"}


def says(prompt: str, seed: int) -> str:
    """What is read in a text: in one of our own what it says; in another three of its words, and a relation, always the same."""
    del seed
    if prompt.startswith("List the names"):
        return json.dumps({"mentions": [{"type": kind, "text": name} for name, kind in _names(prompt.rsplit("\nText: ", 1)[1])]})
    text = prompt.rsplit("\nText: ", 1)[1]
    tags = {kind: tag for tag, kind in reversed(re.findall(r"^(\w\d+) (Chemical|Disease) ", text.rpartition("Things:")[2], re.MULTILINE))}
    if len(tags) < 2:
        return '{"claims":[]}'
    verb = re.search(r"\b(relieved|prevented|caused|cause)\b", text)
    relation = _VERBS[verb[1]] if verb else RELATIONS[crc32(text.encode()) % 3]
    polarity = "denies" if "did not" in text else "asserts"
    claim = {"head": tags["Chemical"], "relation": relation, "tail": tags["Disease"], "polarity": polarity}
    return json.dumps({"claims": [{**claim, "stated": [None, None]}]})


def _names(text: str) -> list[tuple[str, str]]:
    known = [
        (name, kind) for names, kind in ((DRUGS, "Chemical"), (ILLNESSES, "Disease")) for name in names if re.search(rf"\b{name}\b", text)
    ]
    if known:
        return known
    words = sorted(set(re.findall(r"\b[a-z]{6,}\b", text)), key=lambda word: crc32(word.encode()))
    return list(zip(words, ("Chemical", "Disease", "Gene"), strict=False))


class NotingServer(FakeServer):
    """A FakeServer at a given port that notes each answer."""

    def __init__(self, port: int, notes: Path, delay: float = 0.0) -> None:
        self._port = port
        self._noted = notes.open("a", encoding="utf-8")
        self._noting = Lock()
        super().__init__(Dialect.VLLM)
        self.says, self.delay = says, delay

    def _listen(self, port: int) -> None:
        super()._listen(port or self._port)
        self._http.RequestHandlerClass = _noting(self)
        self._http.socket.listen(512)  # many workers come at once
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]

    def note(self, **what: Any) -> None:
        with self._noting:
            self._noted.write(json.dumps(what) + "\n")
            self._noted.flush()


def _noting(server: NotingServer) -> Any:
    kind: Any = _handler(server)

    class Noting(kind):  # type: ignore[misc]
        def _serve(self, body: dict[str, Any]) -> None:
            self.body = body
            super()._serve(body)

        def _reply(self, status: int, answer: Any) -> None:
            if not self.path.endswith("/chat/completions"):
                super()._reply(status, answer)
                return
            prompt = self.body["messages"][0]["content"]
            text = prompt.rsplit("\nText: ", 1)[-1]
            about = re.search(r"Report (\d+)", text)
            there = is_there(self.connection)
            sent = 0.0
            try:
                if there:
                    super()._reply(status, answer)
                    sent = time.monotonic()
            except OSError:
                there = False
            self.close_connection = not there or self.close_connection
            server.note(
                who=self.headers.get("Authorization", "").removeprefix("Bearer "),
                asked=crc32(f"{prompt} {self.body['seed']} {self.body['n']}".encode()),
                kind="names" if prompt.startswith("List the names") else "relations",
                about=about[1] if about else "",
                there=there,
                sent=sent,
            )

    return Noting


def is_there(connection: socket.socket) -> bool:
    """Whether the other end of a connection still holds it open."""
    readable, _, _ = select.select([connection], [], [], 0)
    if not readable:
        return True
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("notes", type=Path)
    parser.add_argument("--delay", type=float, default=0.05)
    given = parser.parse_args()
    with NotingServer(given.port, given.notes, given.delay):
        print("listening", flush=True)
        Event().wait()


if __name__ == "__main__":
    main()
