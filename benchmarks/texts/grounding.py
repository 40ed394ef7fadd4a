"""Link the names of annotated abstracts, and say how often that is right, how fast it is, and what gilda makes of the same names.

python -m benchmarks.texts.grounding accuracy VOCABULARIES BIORED.PubTator [--peer-python GILDA/bin/python]
python -m benchmarks.texts.grounding speed VOCABULARIES BIORED.PubTator
python -m benchmarks.texts.grounding scale
"""

import argparse
import gzip
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

TYPES = {
    "ChemicalEntity": ("Chemical", "MESH:"),
    "DiseaseOrPhenotypicFeature": ("Disease", "MESH:"),
    "GeneOrGeneProduct": ("Gene", "NCBIGene:"),
    "Chemical": ("Chemical", "MESH:"),
    "Disease": ("Disease", "MESH:"),
}
FILES = ("mesh_id_label_mappings.tsv.gz", "mesh_supp_id_label_mappings.tsv.gz", "hgnc_entries.tsv.gz")
MORE = ("HumanDO.obo.gz",)


@dataclass(frozen=True)
class Asked:
    """A mention: its document, its text, what the text says it is short for, and the keys that annotators gave it."""

    document: int
    text: str
    long: str
    kind: str
    gold: tuple[str, ...]


def gold(path: Path) -> Iterator[Asked]:
    from schema.entity_names import abbreviations

    for number, block in enumerate(path.read_text(encoding="utf-8").replace("\r", "").strip().split("\n\n")):
        text, mentions = "", []
        for line in block.split("\n"):
            cells = line.split("\t")
            if "|t|" in line[:20] or "|a|" in line[:20]:
                text = f"{text} {line.split('|', 2)[2]}"
            elif len(cells) >= 6 and cells[1].isdigit() and cells[4] in TYPES:
                kind, prefix = TYPES[cells[4]]
                parts = [part.strip() for part in re.split(r"[;,|]", cells[5])]
                keys = tuple(part if ":" in part else prefix + part for part in parts if part not in {"", "-", "-1"})
                mentions.append((cells[3], kind, keys))
        defined = abbreviations(text)
        for name, kind, keys in mentions:
            yield Asked(number, name, defined.get(name, ""), kind, keys)


def known_keys(folder: Path) -> set[str]:
    """Every key that stands in the vocabulary files, of whatever type: what is not there nobody can find."""
    known = set()
    for name in FILES:
        if name.startswith("mesh"):
            with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
                known |= {f"MESH:{line.split(chr(9), 1)[0]}" for line in lines}
        elif name.startswith("hgnc"):
            with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
                known |= {f"NCBIGene:{number}" for line in lines if (number := line.split("\t")[5]).isdigit()}
    return known


def load(folder: Path, home: Path, files: Iterable[str] = FILES) -> list[str]:
    from flows.home.homes import open_home
    from flows.wiring.home_vocabularies import Loading, load_vocabularies

    start, cpu = time.perf_counter(), time.process_time()
    told = load_vocabularies(open_home(home, {}), [folder / name for name in files], Loading())
    spent = f"{time.process_time() - cpu:.0f} s of processor time, {time.perf_counter() - start:.0f} s"
    return [*(f"{each.name}: {each.terms} terms" for each in told), f"loaded in {spent}"]


def accuracy(folder: Path, path: Path, peer: Path | None) -> None:
    known = known_keys(folder)
    asked = [each for each in gold(path) if any(key in known for key in each.gold)]
    print(f"{path.name}: {len(asked)} mentions whose key is in a vocabulary")
    with tempfile.TemporaryDirectory() as place:
        for files in (FILES, MORE):
            print("\n" + "\n".join(load(folder, Path(place), files)) + "\n")
            links = linked(Path(place), asked)
            print_accuracy(asked, links)
            if files is FILES:
                print_steps(asked, links)
            if peer is not None:
                ours = [link.entity.key if link.entity else None for link in links]
                print_peer(asked, ours, ask_peer(peer, Path(place) / "vocabularies.sqlite", asked))


def linked(home: Path, asked: list[Asked]) -> list:
    from flows.home.homes import open_home
    from flows.wiring.home_vocabularies import vocabularies_of
    from pipeline.linking.linker import VocabularyLinker
    from schema.entity_names import NameInText

    with vocabularies_of(open_home(home, {})) as store:
        return VocabularyLinker(store).link([NameInText(each.text, each.kind, each.long) for each in asked])


def print_accuracy(asked: list[Asked], links: list) -> None:
    titles = ("type", "mentions", "first answer right", "sure", "of the sure right", "sure and wrong, of all", "without DOID keys")
    print("| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|")
    for kind in ("Disease", "Chemical", "Gene"):
        rows = [(each.gold, link) for each, link in zip(asked, links, strict=True) if each.kind == kind]
        if not rows:
            continue
        right = sum(link.entity is not None and link.entity.key in keys for keys, link in rows)
        sure = [(keys, link.entity.key) for keys, link in rows if link.sameness == "same"]
        wrong = [key for keys, key in sure if key not in keys]
        shares = (right, len(sure)), (len(wrong), sum(not key.startswith("DOID:") for key in wrong))
        (first, said), (bad, bad_here) = [[f"{share / len(rows):.1%}" for share in pair] for pair in shares]
        print(f"| {kind} | {len(rows)} | {first} | {said} | {1 - len(wrong) / len(sure):.1%} | {bad} | {bad_here} |")


def print_steps(asked: list[Asked], links: list) -> None:
    print("\n| type | step | sure: right | wrong | unsure: first answer right | wrong |\n|---|---|---|---|---|---|")
    steps: dict[tuple[str, str], Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for each, link in zip(asked, links, strict=True):
        step = link.by.rsplit(", ", 1)[-1] or "none"
        step = f"{step}, by the long form" if each.long and step != "none" else step
        steps[each.kind, step][link.sameness == "same", link.entity is not None and link.entity.key in each.gold] += 1
    for (kind, step), counts in sorted(steps.items()):
        print(f"| {kind} | {step} | {counts[True, True]} | {counts[True, False]} | {counts[False, True]} | {counts[False, False]} |")


def ask_peer(python: Path, store: Path, asked: list[Asked]) -> dict[str, list[str | None]]:
    """What gilda answers, in its own environment, about the very names that are in the store."""
    with tempfile.TemporaryDirectory() as place:
        mentions = Path(place) / "mentions.json"
        mentions.write_text(json.dumps([[each.kind, each.text, each.long] for each in asked]), encoding="utf-8")
        command = [str(python), str(Path(__file__)), "as-peer", str(store), str(mentions)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        answers = json.loads(done.stdout.strip().splitlines()[-1])
        print(f"\ngilda {answers.pop('version')}: {answers.pop('per second'):.0f} mentions/s of processor time")
        return answers


def as_peer(store: Path, mentions: Path) -> None:
    """Runs in gilda's environment: needs nothing of ours."""
    import sqlite3
    from importlib.metadata import version

    import gilda
    from gilda.process import normalize

    database = sqlite3.connect(store)
    terms: dict[str, list] = defaultdict(list)
    query = "SELECT t.type, n.text, n.preferred, t.key, t.name FROM name n JOIN term t ON t.id = n.term"
    for kind, text, preferred, key, label in database.execute(query):
        prefix, _, number = key.partition(":")
        terms[kind].append(gilda.Term(normalize(text), text, prefix, number, label, "name" if preferred else "synonym", kind))
    grounders = {kind: gilda.Grounder(of_kind) for kind, of_kind in terms.items()}
    asked = json.loads(mentions.read_text(encoding="utf-8"))
    answers: dict[str, list] = {}
    cpu = time.process_time()
    for way in ("text", "long form"):
        answers[way] = []
        for kind, text, long in asked:
            matches = grounders[kind].ground(long or text if way == "long form" else text)
            if not matches and way == "long form" and long:
                matches = grounders[kind].ground(text)
            answers[way].append(f"{matches[0].term.db}:{matches[0].term.id}" if matches else None)
    spent = time.process_time() - cpu
    print(json.dumps({**answers, "version": version("gilda"), "per second": 2 * len(asked) / spent}))


def print_peer(asked: list[Asked], ours: list[str | None], peer: dict[str, list[str | None]]) -> None:
    print("\n| type | ChronoKG | gilda, mentions as they are | gilda, our long forms for abbreviations |\n|---|---|---|---|")
    for kind in ("Disease", "Chemical", "Gene", "all"):
        at = [number for number, each in enumerate(asked) if kind in {each.kind, "all"}]
        if at:
            shares = [sum(found[n] in asked[n].gold for n in at) / len(at) for found in (ours, peer["text"], peer["long form"])]
            print(f"| {kind} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")


def speed(folder: Path, path: Path) -> None:
    """Mentions a second of processor time, document by document as they come, against about 150,000 names."""
    from flows.home.homes import open_home
    from flows.wiring.home_vocabularies import vocabularies_of
    from pipeline.linking.linker import VocabularyLinker
    from schema.entity_names import NameInText

    documents: dict[int, list[NameInText]] = defaultdict(list)
    for each in gold(path):
        documents[each.document].append(NameInText(each.text, each.kind, each.long))
    with tempfile.TemporaryDirectory() as place:
        print("\n".join(load(folder, Path(place), (FILES[0], FILES[2]))))
        with vocabularies_of(open_home(Path(place), {})) as store:
            linker = VocabularyLinker(store)
            count = sum(map(len, documents.values()))
            linker.link([NameInText("asthma", "Disease")])
            for title in ("first pass", "second pass"):
                cpu = time.process_time()
                for names in documents.values():
                    linker.link(names)
                print(f"{title}: {count} mentions, {count / (time.process_time() - cpu):.0f} a second of processor time")


def scale() -> None:
    """Time for each name asked as the vocabulary grows a hundredfold; names are made."""
    from graph_store.vocabularies.vocabulary_store import SqliteVocabularies
    from pipeline.linking.linker import VocabularyLinker
    from pipeline.linking.name_forms import VERSION, forms_of
    from schema.entity_names import NameInText

    asked = [NameInText(name, "Disease") for name in _asked(list(islice(_made(), 15_000)))]
    for size in (15_000, 150_000, 1_500_000):
        with tempfile.TemporaryDirectory() as place:
            store = SqliteVocabularies(Path(place) / "made.sqlite", forms_of, VERSION)
            cpu = time.process_time()
            store.load("made", "1", _terms(islice(_made(), size)))
            loading = time.process_time() - cpu
            linker = VocabularyLinker(store)
            spent = []
            for _ in range(3):
                cpu = time.process_time()
                for start in range(0, len(asked), 20):
                    linker.link(asked[start : start + 20])
                spent.append((time.process_time() - cpu) / len(asked))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            megabytes = sum(file.stat().st_size for file in Path(place).iterdir()) / 1e6
            asking = f"{size} names: {min(spent) * 1e6:.0f} µs a name asked"
            print(f"{asking}; loaded in {loading:.0f} s of processor time, {megabytes:.0f} MB of disk, peak {peak:.0f} MiB", flush=True)
            store.close()


def _terms(names: Iterable[str]) -> Iterator:
    from schema.entity_names import Term
    from schema.ids import EntityKey

    for number in range(1 << 40):
        some = list(islice(iter(names), 3))
        if not some:
            return
        yield Term(EntityKey(f"MADE:{number}"), "Disease", some[0], tuple(some[1:]))


def _made() -> Iterator[str]:
    """Names of one to four made words, some of them common, some with numbers: each once, the same in every run."""
    dice = random.Random(7)
    syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "al", "en", "ir", "os", "ul")]
    size = len(syllables)
    common = ["".join(dice.choices(syllables, k=3)) for _ in range(300)]
    for number in range(size**3):
        own = number * 1_000_003 % size**3  # no two have the same, as the factor shares none with the size
        words = ["".join(syllables[own // size**place % size] for place in range(3))]
        words += [dice.choice(common) for _ in range(dice.choice((0, 1, 1, 2, 3)))]
        dice.shuffle(words)
        if dice.random() < 0.15:
            words += ["type", str(dice.randint(1, 30))]
        yield " ".join(words)


def _asked(names: list[str]) -> list[str]:
    """Names as they are, in capitals with hyphens, with a wrong letter, with a word before, and unknown ones."""
    dice = random.Random(11)
    asked = []
    for number, name in enumerate(dice.sample(names, 3_000)):
        at = dice.randrange(len(name))
        ways = (name, name.title().replace(" ", "-"), name[:at] + dice.choice("aeiou") + name[at + 1 :], f"severe {name}", name[::-1])
        asked.append(ways[number % len(ways)])
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("accuracy", "speed", "scale", "as-peer"))
    parser.add_argument("places", nargs="*", type=Path)
    parser.add_argument("--peer-python", type=Path)
    options = parser.parse_args()
    if options.what == "accuracy":
        accuracy(*options.places, options.peer_python)
    elif options.what == "speed":
        speed(*options.places)
    elif options.what == "scale":
        scale()
    else:
        as_peer(*options.places)


if __name__ == "__main__":
    sys.exit(main())
