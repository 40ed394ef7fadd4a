"""Documents, a model in memory and a model server on real sockets that speaks the three dialects."""

import json
import math
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml

from agents.serving.label_rows import UnfitLabels
from agents.serving.limits import Bounds
from agents.serving.protocols import Dialect
from schema.document import Document, Mention, Passage
from schema.ids import DocumentId
from schema.ontology import Ontology
from schema.ports import Reply, Sampled, Scored
from schema.usage import Usage

ONTOLOGIES = Path(__file__).parents[2] / "schema" / "ontologies"
BIOMEDICAL, GENERAL = (
    Ontology.model_validate(yaml.safe_load((ONTOLOGIES / f"{name}.yaml").read_text())) for name in ("biomedical", "general")
)

QUICK = Bounds(attempts=3, timeout=0.5, total=5.0, wait=0.01, longest_wait=0.05)


def document(text: str, *named: tuple[str, str, str | tuple[str, ...]], identifier: str = "PMID:1", title: str = "On drugs.") -> Document:
    """A document whose mentions are every occurrence of the (surface, type, identifiers) in its text."""
    whole = f"{title} {text}"
    mentions = [
        Mention(found.start(), found.end(), surface, kind, (keys,) if isinstance(keys, str) else keys)
        for surface, kind, keys in named
        for found in re.finditer(re.escape(surface), whole)
    ]
    return Document(DocumentId(identifier), title, (Passage(text),), mentions=tuple(sorted(mentions, key=lambda m: m.start)))


def aspirin(identifier: str = "PMID:1") -> Document:
    return document(
        "Aspirin relieved headache in 40 patients. Gastritis developed in four of them. Ibuprofen did not cause gastritis.",
        ("Aspirin", "Chemical", "MESH:D001241"),
        ("Ibuprofen", "Chemical", "MESH:D007052"),
        ("headache", "Disease", "MESH:D006261"),
        ("Gastritis", "Disease", "MESH:D005756"),
        ("gastritis", "Disease", "MESH:D005756"),
        ("patients", "Species", "NCBITaxon:9606"),
        identifier=identifier,
    )


class FakeModel:
    """A language model in memory: `favours` gives the label that a query is answered with at 0.7, `answers` the replies by turn."""

    name = "fake-1"

    def __init__(
        self, favours: Mapping[str, str] | None = None, answers: Sequence[str] = (), unfit: Callable[[str], bool] = lambda label: False
    ) -> None:
        self.favours = favours or {}
        self.answers = list(answers)
        self.unfit = unfit
        self.asked: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
        self.sampled: list[tuple[str, int, Mapping[str, Any], int]] = []
        self.closed = False

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        bad = [label for label in labels if self.unfit(label)]
        if bad:
            raise UnfitLabels(bad)
        if prefix:
            self.asked.append((prefix, tuple(queries), tuple(labels)))
        rows = []
        for query in queries:
            best = self.favours.get(query.strip(), labels[0].strip())
            rest = 0.3 / (len(labels) - 1)
            rows.append(tuple(0.7 if label.strip() == best else rest for label in labels))
        return Scored(tuple(rows), Usage(1, len(prefix), len(queries)))

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        self.sampled.append((prompt, n, schema, seed))
        replies = [Reply(self.answers[(seed - 1 + number) % len(self.answers)]) for number in range(n)]
        return Sampled(tuple(replies), Usage(1, 100, 10 * n))

    async def available(self) -> None:
        pass

    async def close(self) -> None:
        self.closed = True


Fault = tuple[int, dict[str, str], str] | float
"""A status, headers and body to answer with; or seconds to hang before hanging up."""


class Refused(Exception):
    """What `says` raises where the server is to refuse to answer."""


class FakeServer:
    """A model server: probabilities from `likes` (label word to weight), replies from `answers`, faults by path, all it was asked."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.likes: dict[str, float] = {}
        self.answers = ['{"claims":[]}']
        self.says: Callable[[str, int], str] | None = None  # what it answers to a prompt and a seed, in place of `answers`
        self.faults: dict[str, list[Fault | None]] = {}  # of each request to a path in turn; None: it is answered
        self.always: dict[str, Fault] = {}
        self.requests: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.in_flight = self.most_in_flight = 0
        self.delay = 0.0
        self.llguidance, self.is_killed = True, False
        self.deadly = ""  # a question with this in it ends the server, which is back after `gone_s` seconds, or not at all
        self.gone_s: float | None = None
        self.deaths = 0
        self.metrics = ""  # what /metrics tells
        self.adapters: tuple[str, ...] = ()  # names of models that are its own with an adapter
        self.model = "/models/tiny.gguf" if dialect is Dialect.LLAMACPP else "org/tiny"
        self._lock = threading.Lock()
        self._listen(0)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def _listen(self, port: int) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True

    def __enter__(self) -> "FakeServer":
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def kill(self) -> None:
        """End as a process does: nobody listens any more, and what was asked gets no answer."""
        self.is_killed = True
        self.__exit__()

    def die(self) -> None:
        """Be killed by a question."""
        with self._lock:
            was_killed, self.is_killed = self.is_killed, True
        if not was_killed:
            self.deaths += 1
            self.kill()
            if self.gone_s is not None:
                threading.Timer(self.gone_s, self.start_again).start()

    def start_again(self) -> None:
        """Listen at the same address again."""
        self._listen(self._http.server_address[1])
        self.is_killed = False
        self.__enter__()

    def asked(self, path: str) -> list[dict[str, Any]]:
        return [body for where, body, _ in self.requests if where == path]

    @property
    def counts(self) -> Counter[str]:
        return Counter(path for path, _, _ in self.requests)

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        routes = {
            "/v1/models": self._models,
            "/lora-adapters": lambda _: (200, [{"id": number, "scale": 1.0} for number, _ in enumerate(self.adapters)]),
            "/props": lambda _: (200, {"total_slots": 2}) if self.dialect is Dialect.LLAMACPP else (404, {}),
            "/tokenize": lambda said: (200, {"tokens": tokens(said.get("content", said.get("prompt")))}),
            "/completion": self._llama_completion,
            "/v1/completions": self._completion,
            "/v1/chat/completions": self._chat,
        }
        return routes[path](body) if path in routes else (404, {"error": {"message": "no such path"}})

    def _models(self, _: dict[str, Any]) -> tuple[int, Any]:
        adapters = () if self.dialect is Dialect.LLAMACPP else self.adapters
        listed = [{"id": self.model}, *({"id": name, "parent": self.model} for name in adapters)]
        return 200, {"data": [{**model, "owned_by": self.dialect.value} for model in listed]}

    def _weight(self, token: int) -> float:
        return next((weight for word, weight in self.likes.items() if tokens(word) == [token]), 1.0)

    def _llama_completion(self, body: dict[str, Any]) -> tuple[int, Any]:
        labels = [label for label, _ in body["logit_bias"]]
        total = sum(map(self._weight, labels))
        probs = [
            {"id": label, "token": "", "prob": self._weight(label) / total} for label in sorted(labels, key=self._weight, reverse=True)
        ]
        result = {"completion_probabilities": [{"top_probs": probs}], "tokens_evaluated": 100, "timings/prompt_n": 5}
        return 200, [result for _ in body["prompt"]]

    def _completion(self, body: dict[str, Any]) -> tuple[int, Any]:
        # Half of the mass lies on tokens that are no labels.
        labels = body.get("logprob_token_ids") or [tokens(word)[0] for word in self.likes]
        total = 2 * sum(map(self._weight, labels))
        name = (lambda label: f"token_id:{label}") if self.dialect is Dialect.VLLM else (lambda label: _word(label, self.likes))
        top = {name(label): math.log(self._weight(label) / total) for label in labels}
        if self.dialect is Dialect.OPENAI:
            top = dict(sorted(top.items(), key=lambda item: -item[1])[:4]) | {"!": math.log(0.5)}
        choices = [{"index": number, "text": "x", "logprobs": {"top_logprobs": [top]}} for number, _ in enumerate(body["prompt"])]
        usage = {"prompt_tokens": 100 * len(choices), "completion_tokens": len(choices), "prompt_tokens_details": {"cached_tokens": 90}}
        return 200, {"choices": choices[::-1], "usage": usage}

    def _chat(self, body: dict[str, Any]) -> tuple[int, Any]:
        if "llguidance" in body.get("grammar", "") and not self.llguidance:
            return 400, {"error": {"message": "failed to parse grammar"}}
        if self.dialect is Dialect.LLAMACPP and body["n"] > 2:
            return 400, {"error": {"message": "Field 'n': Value must be between 1 <= value <= 2"}}
        seeds = range(body["seed"], body["seed"] + body["n"])
        said = self.says or (lambda _, seed: self.answers[seed % len(self.answers)])
        try:
            texts = [said(body["messages"][0]["content"], seed) for seed in seeds]
        except Refused:
            return 400, {"error": {"message": "refused"}}
        choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in texts]
        return 200, {"choices": choices, "usage": {"prompt_tokens": 50, "completion_tokens": 7}}


def tokens(text: str) -> list[int]:
    """One token a word with its space; a word of over 12 letters is two."""
    words = re.findall(r" ?\w{1,12}| ?[^\w\s]|\s", text)
    return [crc32(word.encode()) % 50_000 for word in words]


def _word(token: int, words: Mapping[str, float]) -> str:
    return next(word for word in words if tokens(word) == [token])


def _handler(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve({})

        def do_POST(self) -> None:
            self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _serve(self, body: dict[str, Any]) -> None:
            with server._lock:
                server.requests.append((self.path, body, {key.lower(): value for key, value in self.headers.items()}))
                server.in_flight += 1
                server.most_in_flight = max(server.most_in_flight, server.in_flight)
                faults = server.faults.get(self.path)
                fault = faults.pop(0) if faults else server.always.get(self.path)
            try:
                time.sleep(server.delay)
                if isinstance(fault, float):
                    time.sleep(fault)
                if server.deadly and server.deadly in json.dumps(body):
                    server.die()
                if isinstance(fault, float) or server.is_killed:
                    self.close_connection = True
                    return
                if fault:
                    self._send(*fault)
                elif self.path == "/metrics" and server.metrics:
                    self._send(200, {"Content-Type": "text/plain"}, server.metrics)
                else:
                    self._reply(*server.answer(self.path, body))
            finally:
                with server._lock:
                    server.in_flight -= 1

        def _reply(self, status: int, answer: Any) -> None:
            self._send(status, {"Content-Type": "application/json"}, json.dumps(answer))

        def _send(self, status: int, headers: dict[str, str], text: str) -> None:
            raw = text.encode("utf-8", "surrogatepass")
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
