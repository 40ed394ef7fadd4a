"""How fast PubMed XML is read, against pubmed_parser, and how much memory that takes.

python -m benchmarks.texts.reading SAMPLE.xml.gz --peer-python /tmp/pp-venv/bin/python
"""

import argparse
import gzip
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PAIRS = 5

# Run by the peer's own interpreter. Dates are read whole, as ours are; all else is pubmed_parser's default.
PEER = """
import json, resource, sys, time
from pubmed_parser import parse_medline_xml
start = time.perf_counter()
count = sum(1 for _ in parse_medline_xml(sys.argv[1], year_info_only=False))
print(json.dumps([time.perf_counter() - start, count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""

# Elements of which pubmed_parser keeps the text and our documents do not.
ONLY_PEER = (
    *("Volume", "Issue", "MedlinePgn", "Language", "VernacularTitle", "LastName", "ForeName", "Initials", "Identifier", "Affiliation"),
    *("GrantID", "Agency", "Acronym", "Country", "NameOfSubstance", "Keyword", "OtherID", "MedlineTA", "NlmUniqueID", "ISSNLinking"),
    *("ArticleId", "QualifierName"),
)


def ours(path: Path, further: bool) -> int:
    """Records read; with `further`, the peer's other fields are taken from each record too, as the benchmark's own addition."""
    from pipeline.formats import pubmed
    from pipeline.formats.documents import read
    from schema.document import Document
    from schema.records import SetAside

    if further:
        plain = pubmed._items

        def fuller(record, file):  # type: ignore[no-untyped-def]
            kept: dict[str, list[str | None]] = {tag: [] for tag in ONLY_PEER}
            for found in record.iter(*ONLY_PEER):
                kept[found.tag].append(found.text)
            return plain(record, file)

        pubmed._items = fuller
    with path.open("rb") as stream:
        return sum(1 for item in read(stream, path.name) if isinstance(item, Document | SetAside))


def worker(path: Path, further: bool) -> None:
    ours(path.parent / "warm.xml.gz", further)  # imports and caches that any program pays once; the peer's are outside its clock too
    start = time.perf_counter()
    count = ours(path, further)
    print(json.dumps([time.perf_counter() - start, count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))


def repeated(sample: Path, times: int, target: Path) -> None:
    """The sample's records so many times over, between one head and one tail."""
    text = gzip.decompress(sample.read_bytes())
    first, last = text.index(b"<PubmedArticle>"), text.rindex(b"</PubmedArticle>") + len(b"</PubmedArticle>")
    with gzip.open(target, "wb", compresslevel=6) as out:
        out.write(text[:first])
        for _ in range(times):
            out.write(text[first:last])
        out.write(text[last:])


def measured(*command: str) -> tuple[float, int, float]:
    """Seconds, records and peak memory in MiB of one run."""
    seconds, count, peak = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return seconds, count, peak / 1024


def compared(peer_python: str, large: Path) -> Iterator[tuple[str, list[float]]]:
    for title, further in (("our fields", "0"), ("our fields and all of the peer's", "1")):
        ratios = []
        for _ in range(PAIRS):
            theirs = measured(peer_python, "-c", PEER, str(large))
            here = measured(sys.executable, "-m", "benchmarks.texts.reading", "--worker", further, str(large))
            assert theirs[1] == here[1], f"the peer read {theirs[1]} records, we read {here[1]}"
            ratios.append(theirs[0] / here[0])
            print(f"{title}: peer {theirs[0]:.2f} s, {theirs[2]:.0f} MiB; here {here[0]:.2f} s, {here[2]:.0f} MiB; ratio {ratios[-1]:.2f}")
        yield title, ratios


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sample", type=Path, help="PubMed XML, gzip")
    arguments.add_argument("--peer-python", help="interpreter of an environment with pubmed_parser")
    arguments.add_argument("--records", type=int, default=30_000)
    arguments.add_argument("--worker", choices=("0", "1"), help=argparse.SUPPRESS)
    told = arguments.parse_args()
    if told.worker:
        worker(told.sample, told.worker == "1")
        return
    if not told.peer_python:
        arguments.error("--peer-python is needed")
    one = gzip.decompress(told.sample.read_bytes()).count(b"<PubmedArticle>")
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, f"{name}.xml.gz") for name in ("warm", "small", "large")}
        for name, times in (("warm", 1), ("small", told.records // 10 // one + 1), ("large", told.records // one + 1)):
            repeated(told.sample, times, files[name])
        for name in ("small", "large"):
            _, count, peak = measured(sys.executable, "-m", "benchmarks.texts.reading", "--worker", "0", str(files[name]))
            theirs = measured(told.peer_python, "-c", PEER, str(files[name]))
            print(f"{count} records: peak memory {peak:.0f} MiB here, {theirs[2]:.0f} MiB the peer")
        for title, ratios in compared(told.peer_python, files["large"]):
            print(f"{title}: median ratio {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
