"""Daily update files as PubMed has them, always the same for a seed: new records, revised ones, deleted and retracted ones.

Half of the records are our own, about few drugs and illnesses, so that they contradict each other; where a folder of real records is
named, the other half are records of it, shifted: their last revision is the day's. Each record's last word is in the days themselves.
"""

import gzip
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import md5
from pathlib import Path

DRUGS = ("Veltranol", "Ostrazine", "Calubrex", "Mirodopam", "Tenfarin", "Quelomab", "Hydrosetin", "Parnexol")
ILLNESSES = ("headache", "gastritis", "insomnia", "eczema", "arrhythmia", "neuralgia")
SAYINGS = (
    "{drug} relieved {illness} in {n} of {m} patients.",
    "{drug} prevented {illness} in {n} of {m} patients.",
    "{drug} caused {illness} in {n} of {m} patients.",
    "{drug} did not cause {illness} in any of {m} patients.",
)

FIRST_DAY = date(2025, 11, 1)
FIRST_NUMBER = 1301
OWN_PMIDS = 70_000_000

_CITATION = re.compile(r"<MedlineCitation [^>]*>.*?</MedlineCitation>", re.DOTALL)
_REVISED = re.compile(r"<DateRevised>.*?</DateRevised>", re.DOTALL)


@dataclass(frozen=True)
class Day:
    """One update file, and what is in it."""

    name: str
    content: bytes
    records: int
    revised: int = 0
    deleted: int = 0
    retracted: int = 0

    def put(self, folder: Path) -> None:
        """As a mirror that is still writing leaves it: the file first, in two pieces, its checksum last."""
        file, half = folder / self.name, len(self.content) // 2
        file.write_bytes(self.content[:half])
        file.write_bytes(self.content)
        (folder / f"{self.name}.md5").write_text(f"MD5({self.name})= {md5(self.content).hexdigest()}\n")


def made_days(number: int, seed: int, records: int = 20, real: Path | None = None) -> list[Day]:
    """So many days with so many new records each."""
    chance = random.Random(seed)
    theirs = iter(real_citations(real)) if real else iter(())
    told: dict[int, str] = {}  # our own records that stand, by PMID, with what they say
    return [_day(n, chance, records, theirs, told) for n in range(number)]


def real_citations(folder: Path) -> Iterator[str]:
    """Citations with an abstract and a date of revision, of MEDLINE's sample of 2016."""
    text = gzip.decompress((folder / "titipata" / "medline16n0902.xml.gz").read_bytes()).decode()
    for citation in _CITATION.findall(text):
        if "<AbstractText" in citation and "<DateRevised>" in citation:
            yield citation


def _day(n: int, chance: random.Random, records: int, theirs: Iterator[str], told: dict[int, str]) -> Day:
    on = FIRST_DAY + timedelta(days=n)
    written = [_shifted(citation, on) for _, citation in zip(range(records // 2), theirs, strict=False)]
    fresh = [OWN_PMIDS + n * 1_000 + each for each in range(records - len(written))]
    old = sorted(told)
    changed = chance.sample(old, min(len(old), records // 5))
    revised, retracted, deleted = changed[0::3], changed[1::3], changed[2::3]
    for pmid in (*fresh, *revised):
        told[pmid] = _saying(chance)
        written.append(_article(pmid, told[pmid], on))
    written += [_article(pmid, told[pmid], on, retracted_by=OWN_PMIDS + 900_000 + pmid % 100_000) for pmid in retracted]
    for pmid in (*retracted, *deleted):
        del told[pmid]
    chance.shuffle(written)
    whole = [*written, *([_deletion(deleted)] if deleted else [])]
    content = f'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n{"".join(whole)}\n</PubmedArticleSet>\n'
    name = f"pubmed26n{FIRST_NUMBER + n}.xml.gz"
    return Day(name, gzip.compress(content.encode(), mtime=0), len(written), len(revised), len(deleted), len(retracted))


def _saying(chance: random.Random) -> str:
    m = chance.randint(20, 400)
    return chance.choice(SAYINGS).format(drug=chance.choice(DRUGS), illness=chance.choice(ILLNESSES), n=chance.randint(1, m), m=m)


def _dated(name: str, on: date) -> str:
    return f"<{name}><Year>{on.year}</Year><Month>{on.month:02}</Month><Day>{on.day:02}</Day></{name}>"


def _shifted(citation: str, on: date) -> str:
    return f"<PubmedArticle>{_REVISED.sub(_dated('DateRevised', on), citation, count=1)}</PubmedArticle>\n"


def _article(pmid: int, saying: str, on: date, retracted_by: int | None = None) -> str:
    first = FIRST_DAY + timedelta(days=(pmid - OWN_PMIDS) // 1_000)
    notice = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn">'
        f'<RefSource>J Made Days. {on:%Y %b} {on.day};1(1):1</RefSource><PMID Version="1">{retracted_by}</PMID>'
        "</CommentsCorrections></CommentsCorrectionsList>"
        if retracted_by
        else ""
    )
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>{_dated("DateRevised", on)}'
        f"<Article><Journal><JournalIssue>{_dated('PubDate', first)}</JournalIssue><Title>Journal of Made Days</Title></Journal>"
        f"<ArticleTitle>Report {pmid}.</ArticleTitle><Abstract><AbstractText>{saying}</AbstractText></Abstract></Article>{notice}"
        "</MedlineCitation></PubmedArticle>\n"
    )


def _deletion(pmids: Sequence[int]) -> str:
    return "<DeleteCitation>" + "".join(f'<PMID Version="1">{pmid}</PMID>' for pmid in pmids) + "</DeleteCitation>\n"
