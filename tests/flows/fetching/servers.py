"""Servers on this machine that behave like the real ones, wrong ways included."""

import gzip
import json
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Answer:
    """What a server says to one request."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_at: int | None = None  # the connection ends after so many bytes of the body
    reset: bool = False  # the connection is reset before anything is said


@dataclass
class Asked:
    """One request that came in."""

    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: Mapping[str, str]


class LocalServer:
    """Answers by a function; answers that are lined up for a path go first, one for each request."""

    def __init__(self, respond: Callable[[Asked], Answer]) -> None:
        self.respond = respond
        self.first: dict[str, list[Answer]] = defaultdict(list)
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self._serve({name: values[0] for name, values in parse_qs(body).items()})

            def log_message(self, *_: object) -> None:
                """Quiet."""

            def _serve(self, form: dict[str, str]) -> None:
                parts = urlsplit(self.path)
                path = unquote(parts.path)
                asked = Asked(path, {name: values[0] for name, values in parse_qs(parts.query).items()}, form, dict(self.headers))
                outer.asked.append(asked)
                answer = outer.first[path].pop(0) if outer.first[path] else outer.respond(asked)
                if answer.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body[: answer.cut_at])
                if answer.cut_at is not None:
                    self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(respond: Callable[[Asked], Answer]) -> Iterator[LocalServer]:
    server = LocalServer(respond)
    try:
        yield server
    finally:
        server.close()


class PubmedSite:
    """Files as NLM's server has them: a page in Apache's style, and beside each file its .md5."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.changed: dict[str, datetime] = {}

    def put(self, name: str, content: bytes, *, checksum: bool = True, at: datetime = datetime(2026, 1, 5, 14, 5, tzinfo=UTC)) -> None:
        self.files[name], self.changed[name] = content, at
        if checksum:
            self.files[f"{name}.md5"] = f"MD5({name})= {md5(content).hexdigest()}\n".encode()
            self.changed[f"{name}.md5"] = at

    def drop(self, name: str) -> None:
        self.files.pop(name)

    def respond(self, asked: Asked) -> Answer:
        folder, _, name = asked.path.rpartition("/")
        if not name:
            return Answer(self.page(folder).encode(), headers={"Content-Type": "text/html;charset=UTF-8"})
        if name not in self.files:
            return Answer(b"<html><body>Not Found</body></html>", 404, {"Content-Type": "text/html"})
        return Answer(self.files[name], headers={"Content-Type": "application/x-gzip"})

    def page(self, folder: str) -> str:
        rows = [
            f'<a href="{name}">{name}</a>   {self.changed[name]:%Y-%m-%d %H:%M}  {max(1, len(content) // 1024)}K'
            for name, content in sorted(self.files.items())
        ]
        head = '<a href="?C=N;O=D">Name</a> <a href="?C=M;O=A">Last modified</a><hr><a href="/pubmed/">Parent Directory</a>     -   '
        listed = "\n".join([head, *rows])
        title = f"Index of {folder}"
        return f"<!DOCTYPE HTML><html><head><title>{title}</title></head><body><h1>{title}</h1><pre>{listed}</pre></body></html>"


def article(
    number: int, *, day: date = date(2025, 3, 4), text: str = "Drug one relieves illness one.", more: str = "", revised: str = ""
) -> str:
    """A record of PubMed's."""
    dated = f"<DateRevised><Year>{revised[:4]}</Year><Month>{revised[5:7]}</Month><Day>{revised[8:]}</Day></DateRevised>" if revised else ""
    headings = "".join(
        f'<MeshHeading><DescriptorName UI="{key}" MajorTopicYN="N">{name}</DescriptorName></MeshHeading>'
        for key, name in (("C1", "Drug one"), ("D1", "illness one"))
    )
    issue = f"<PubDate><Year>{day.year}</Year><Month>{day.month:02}</Month><Day>{day.day:02}</Day></PubDate>"
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{number}</PMID>{dated}'
        f"<Article><Journal><JournalIssue>{issue}</JournalIssue><Title>A journal</Title></Journal>"
        f"<ArticleTitle>Paper {number}:</ArticleTitle><Abstract><AbstractText>{text}</AbstractText></Abstract></Article>{more}"
        f"<MeshHeadingList>{headings}</MeshHeadingList></MedlineCitation></PubmedArticle>"
    )


def retracted_in(notice: int) -> str:
    return (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>A journal. 2026 Jan 7;1(1):1</RefSource>'
        f'<PMID Version="1">{notice}</PMID></CommentsCorrections></CommentsCorrectionsList>'
    )


def deleted(*numbers: int) -> str:
    pmids = "".join(f'<PMID Version="1">{number}</PMID>' for number in numbers)
    return f"<DeleteCitation>{pmids}</DeleteCitation>"


def pubmed_set(*records: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n{"".join(records)}\n</PubmedArticleSet>\n'.encode()


def packed(*records: str) -> bytes:
    return gzip.compress(pubmed_set(*records), mtime=0)


class EntrezSite:
    """E-utilities: searches kept on a history server, pages of XML, and no more than so many records of one search."""

    def __init__(self, records: Mapping[int, date], most: int = 9_999) -> None:
        self.records, self.most = dict(records), most
        self.history: dict[str, list[int]] = {}
        self.published: dict[int, date] = {}

    def respond(self, asked: Asked) -> Answer:
        return self.search(asked.form) if asked.path.endswith("esearch.fcgi") else self.fetch(asked.form)

    def search(self, form: Mapping[str, str]) -> Answer:
        first, last = (date.fromisoformat(form[name].replace("/", "-")) for name in ("mindate", "maxdate"))
        found = [number for number, day in sorted(self.records.items()) if first <= day <= last]
        if "[dp]" in form["term"]:
            low, high = (date.fromisoformat(part.replace("/", "-")) for part in form["term"].split('"')[1::2])
            found = [number for number in found if low <= self.published[number] <= high]
        key = str(len(self.history) + 1)
        self.history[key] = found
        told = {"count": str(len(found)), "retmax": "0", "retstart": "0", "querykey": key, "webenv": "MCID_1", "idlist": []}
        return as_json({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": told})

    def fetch(self, form: Mapping[str, str]) -> Answer:
        start, size = int(form["retstart"]), int(form["retmax"])
        found = self.history[form["query_key"]]
        if start >= self.most or len(found) > self.most:
            return Answer(b"<eFetchResult><ERROR>Cannot retrieve history data: retstart too large</ERROR></eFetchResult>")
        body = pubmed_set(*(article(number, day=self.records[number]) for number in found[start : start + size]))
        return Answer(body, headers={"Content-Type": "text/xml; charset=UTF-8"})


class EuropePmcSite:
    """Europe PMC's search: pages by cursor."""

    def __init__(self, records: Sequence[Mapping[str, Any]], days: Mapping[str, date]) -> None:
        self.records, self.days = list(records), days

    def respond(self, asked: Asked) -> Answer:
        low, high = asked.query["query"].rpartition("[")[2].rstrip("]").split(" TO ")
        found = [record for record in self.records if date.fromisoformat(low) <= self.days[record["id"]] <= date.fromisoformat(high)]
        size, cursor = int(asked.query["pageSize"]), asked.query["cursorMark"]
        start = 0 if cursor == "*" else int(cursor.removeprefix("at"))
        page = found[start : start + size]
        following = f"at{start + len(page)}" if page else cursor
        return as_json({"version": "6.9", "hitCount": len(found), "nextCursorMark": following, "resultList": {"result": page}})


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json", **headers})
