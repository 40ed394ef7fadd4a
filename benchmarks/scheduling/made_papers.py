"""Papers made for measuring, and the script that answers for them: one claim each, about many entities."""

import json
from pathlib import Path

RELATIONS = ("treat", "prevent", "cause")


def write_papers(folder: Path, number: int, entities: int = 1_000) -> tuple[Path, str]:
    """A file of documents that bring their names, and the model that is answered by a script; the same for the same numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    papers, answers = folder / "papers.jsonl", folder / "answers.jsonl"
    with papers.open("w", encoding="utf-8") as documents, answers.open("w", encoding="utf-8") as script:
        for paper in range(1, number + 1):
            document, claim = _paper(paper, paper % entities, paper * 7 % entities)
            documents.write(json.dumps(document) + "\n")
            script.write(json.dumps({"document": document["id"], "claims": [claim]}) + "\n")
    return papers, f"scripted:{answers}"


def _paper(paper: int, drug: int, illness: int) -> tuple[dict[str, object], dict[str, object]]:
    title, names = f"Paper {paper}:", (f"Drug {drug}", f"illness {illness}")
    sentence = f"{names[0]} relieves {names[1]}."
    start, second = len(title) + 1, len(title) + 1 + len(names[0]) + len(" relieves ")
    places = ((start, names[0], "Chemical", f"MESH:C{drug}"), (second, names[1], "Disease", f"MESH:D{illness}"))
    document = {
        "id": f"PMID:{paper}",
        "title": title,
        "abstract": sentence,
        "published": f"{1990 + paper % 30}-{1 + paper % 12:02}-{1 + paper % 28:02}",
        "source": "pubmed",
        "mentions": [{"start": at, "end": at + len(name), "text": name, "type": kind, "identifier": key} for at, name, kind, key in places],
    }
    claim = {"head": places[0][3], "relation": RELATIONS[paper % 3], "tail": places[1][3], "confidence": 0.8, "polarity": "asserts"}
    return document, {**claim, "quote": sentence}
