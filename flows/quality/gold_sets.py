"""Gold files and the documents they are about, brought together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from flows.home.input_files import opened_file
from pipeline.evaluating.gold_cases import Case, Gold, GoldSet, gold_of, is_gold_lines, read_gold_lines
from pipeline.evaluating.relation_schemes import scheme_of
from pipeline.files.opened_file import OpenedFile
from pipeline.formats.documents import read
from schema.document import Document
from schema.errors import WrongUse
from schema.ids import DocumentId
from schema.ontology import Ontology
from schema.records import SetAside


def gold_set(paths: Sequence[Path], documents: Sequence[Path], ontology: Ontology, limit: int | None = None) -> GoldSet:
    """Read gold files; JSON lines relate what the files `documents` hold, the other formats hold their own documents.

    `limit` takes the first so many documents. Raises WrongUse for a file that is not there or relates nothing.
    """
    found = GoldSet()
    texts: dict[DocumentId, Document] = {}
    for path in documents:
        for document in _documents(path, found):
            texts.setdefault(document.id, document)
    seen: set[DocumentId] = set()
    for path in paths:
        for case in _cases(path, texts, ontology, found):
            if case.document.id in seen:
                found.problems.append(f"{path.name}: {case.document.id} comes twice; the first counts")
            elif limit is None or len(found.cases) < limit:
                found.cases.append(case)
            seen.add(case.document.id)
    return found


def _cases(path: Path, texts: dict[DocumentId, Document], ontology: Ontology, found: GoldSet) -> Iterator[Case]:
    with _whole(path) as file:
        gold = read_gold_lines(file, path.name) if is_gold_lines(file.head) else gold_of(read(file, path.name), path.name)
    if not gold.words:
        raise WrongUse(f"{path} relates nothing: {'; '.join(gold.problems[:1]) or 'it has no relations'}")
    scheme = scheme_of(gold.words, ontology, path.name)
    found.problems += gold.problems
    held = _named(gold, texts, path, found) if gold.documents is None else gold.documents
    relations = sum(map(len, gold.related.values()))
    digest = sha256(path.read_bytes()).hexdigest()
    found.files.append({"file": path.name, "sha256": digest, "scheme": scheme.name, "documents": len(held), "relations": relations})
    return (Case(document, gold.related.get(key, ()), scheme) for key, document in held.items())


def _named(gold: Gold, texts: dict[DocumentId, Document], path: Path, found: GoldSet) -> dict[DocumentId, Document]:
    found.problems += [f"{path.name}: {key} is in no file of --documents" for key in gold.related if key not in texts]
    return {key: texts[key] for key in gold.related if key in texts}


def documents_of(path: Path, told: GoldSet) -> list[Document]:
    """The documents of a file, with or without relations; what cannot be used is told. Raises WrongUse where there is none."""
    found = list(_documents(path, told))
    if not found:
        raise WrongUse(f"{path} has no document that can be read")
    digest = sha256(path.read_bytes()).hexdigest()
    told.files.append({"file": path.name, "sha256": digest, "scheme": None, "documents": len(found), "relations": 0})
    return found


def _documents(path: Path, found: GoldSet) -> Iterator[Document]:
    with _whole(path) as file:
        for item in read(file, path.name):
            if isinstance(item, Document):
                yield item
            elif isinstance(item, SetAside):
                found.problems.append(f"{item.file}, {item.position}: {item.reason}")


@contextmanager
def _whole(path: Path) -> Iterator[OpenedFile]:
    """A file of which all must be readable; raises WrongUse where it is not."""
    with opened_file(path) as file:
        yield file
        if file.broken is not None:
            raise WrongUse(f"{path} cannot be read: {file.broken.reason}")
