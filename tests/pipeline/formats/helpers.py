"""Small files written for the tests, read as a user's files are."""

import gzip
import io

from pipeline.formats.documents import Item, read
from schema.document import Document
from schema.records import Deletion, Retraction, SetAside


def items(data: bytes | str, name: str = "file") -> list[Item]:
    return list(read(io.BytesIO(data.encode() if isinstance(data, str) else data), name))


def documents(data: bytes | str, name: str = "file") -> list[Document]:
    return [item for item in items(data, name) if isinstance(item, Document)]


def document(data: bytes | str, name: str = "file") -> Document:
    found = items(data, name)
    assert len(found) == 1, found
    assert isinstance(found[0], Document), found[0]
    return found[0]


def set_aside(data: bytes | str, name: str = "file") -> list[SetAside]:
    return [item for item in items(data, name) if isinstance(item, SetAside)]


def refused(data: bytes | str, name: str = "file") -> SetAside:
    found = items(data, name)
    assert len(found) == 1, found
    assert isinstance(found[0], SetAside), found[0]
    assert found[0].file == name
    assert found[0].stage == "reading"
    assert found[0].error == "UnreadableRecord"
    return found[0]


def retractions(data: bytes | str) -> list[Retraction]:
    return [item for item in items(data) if isinstance(item, Retraction)]


def deletions(data: bytes | str) -> list[Deletion]:
    return [item for item in items(data) if isinstance(item, Deletion)]


def ids(data: bytes | str, name: str = "file") -> list[str]:
    return [found.id for found in documents(data, name)]


def article(
    pmid: str = "1",
    *,
    title: str = "Zebra stripes",
    abstract: str = "<AbstractText>Stripes keep flies away.</AbstractText>",
    pub_date: str = "<Year>1999</Year>",
    in_article: str = "",
    in_citation: str = "",
    data: str = "",
    version: str = "1",
) -> str:
    """A PubMed record; `pub_date` empty leaves PubDate out."""
    issue = f"<JournalIssue><PubDate>{pub_date}</PubDate></JournalIssue>" if pub_date else "<JournalIssue/>"
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="{version}">{pmid}</PMID>{in_citation}'
        f"<Article><Journal>{issue}<Title>Journal of Stripes</Title></Journal><ArticleTitle>{title}</ArticleTitle>"
        f"<Abstract>{abstract}</Abstract>{in_article}</Article></MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>"
    )


def article_set(*records: str, prolog: str = '<?xml version="1.0" encoding="utf-8"?>\n') -> str:
    return f"{prolog}<PubmedArticleSet>\n" + "\n".join(records) + "\n</PubmedArticleSet>\n"


def gz(data: str | bytes) -> bytes:
    return gzip.compress(data.encode() if isinstance(data, str) else data, mtime=0)
