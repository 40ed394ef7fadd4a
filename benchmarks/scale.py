"""The arithmetic of all of PubMed, from a table of what was measured and what is assumed: prints docs/scale.md.

python -m benchmarks.scale > docs/scale.md
python -m benchmarks.scale --abstracts 1000000 --gpus 1 --claims 25.8      the same for another collection
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.common import options_of

HOUR = 3600.0


@dataclass(frozen=True)
class Figure:
    """A number that the rest is computed from: measured, by a page of benchmarks, or assumed, because."""

    value: float
    unit: str
    what: str
    measured: str = ""  # the page, and what stands there
    assumed: str = ""  # the reason


FIGURES: Mapping[str, Figure] = {
    "abstracts": Figure(37e6, "", "abstracts to begin with", assumed="what PubMed holds, about; a third of its records have no abstract and cost less"),
    "yearly": Figure(1e6, "a year", "new ones", assumed="PubMed's growth, rounded"),
    "prompt": Figure(891, "tokens", "computed for one abstract, by `labels`", measured="extraction.md: 21,393 for 24 abstracts"),
    "voted": Figure(1411, "tokens", "the same by `votes` that end early", measured="extraction.md: 33,863 for 24 abstracts"),
    "speed": Figure(20_000, "tokens/s", "of prompts on one GPU", assumed="a model of 8 billion parameters in 16 bits at 0.3 to 0.4 of an H100's peak; no GPU was at hand"),
    "gpus": Figure(8, "", "GPUs", assumed="to be chosen"),
    "price": Figure(2.5, "dollars", "for an hour of a GPU", assumed="a rented H100 by the hour"),
    "client": Figure(8.4, "ms", "of a core around the model for one abstract", measured="extraction.md: 7.6 ms and grounding 0.8 ms"),
    "claims": Figure(10, "", "claims recorded for one abstract", assumed="BioRED's abstracts, chosen for their relations, have 25.8 (measured/sizes.md)"),
    "admitted": Figure(0.13, "", "of them admitted", measured="sizes.md: 345 of the 2,577"),
    "repeats": Figure(2.0, "", "admitted observations for one fact", assumed="made observations have 2.03; it grows with the collection"),
    "log_text": Figure(1087, "bytes", "of log for a text", measured="sizes.md: 1,087"),
    "log_claim": Figure(133, "bytes", "of log for a claim", measured="sizes.md: 133"),
    "index_text": Figure(1151, "bytes", "of index for a text", measured="sizes.md: 1,151"),
    "index_claim": Figure(857, "bytes", "of index for a claim", measured="sizes.md: 857"),
    "answers_claim": Figure(523, "bytes", "of kept answers for a claim", measured="sizes.md: 523"),
    "graph_fact": Figure(1601, "bytes", "of Neo4j's store for a fact with its reports", measured="sizes.md: 1,601"),
    "fold": Figure(4.5e6 / 31.6, "a second", "observations folded from the log to tables", measured="constructing.md: 4,500,000 in 31.6 s"),
    "memory": Figure(4.5 * 1024**3 / 4.5e6, "bytes", "of memory for an observation that is folded", measured="constructing.md: 4.5 GiB for 4,500,000"),
    "import": Figure((55 + 36 + 10) / 3e6 * 1e6, "µs", "to write, import and index a fact in bulk", measured="constructing.md: 42 less the fold, 55 and 36 s for 3,000,000"),
    "filled": Figure(4.5e6 / 84, "a second", "observations put into a new index", measured="constructing.md: 4,500,000 in 84 s"),
    "daily": Figure(0.82, "s", "to take 1,000 observations into a graph of 3 million facts", measured="constructing.md: 0.82 s"),
}  # fmt: skip


def computed(given: Mapping[str, float]) -> dict[str, float]:
    """What follows from the figures, in hours, dollars, gigabytes; by name."""
    abstracts, claims = given["abstracts"], given["abstracts"] * given["claims"]
    admitted = claims * given["admitted"]
    facts = admitted / given["repeats"]
    per_gpu = given["speed"] * HOUR / given["prompt"]
    hours = abstracts / per_gpu
    a_day = given["yearly"] / 365 * given["claims"]
    return {
        "per_gpu": per_gpu,
        "per_gpu_voted": given["speed"] * HOUR / given["voted"],
        "gpu_hours": hours,
        "days": hours / given["gpus"] / 24,
        "money": hours * given["price"],
        "yearly_money": given["yearly"] / per_gpu * given["price"],
        "core_share": per_gpu / HOUR * given["client"] / 1000,
        "claims": claims,
        "admitted": admitted,
        "facts": facts,
        "log": (abstracts * given["log_text"] + claims * given["log_claim"]) / 1e9,
        "index": (abstracts * given["index_text"] + claims * given["index_claim"]) / 1e9,
        "answers": claims * given["answers_claim"] / 1e9,
        "graph": facts * given["graph_fact"] / 1e9,
        "fold_hours": claims / given["fold"] / HOUR,
        "fold_memory": claims * given["memory"] / 1024**3,
        "import_hours": facts * given["import"] / 1e6 / HOUR,
        "index_hours": claims / given["filled"] / HOUR,
        "a_day": a_day,
        "day_seconds": a_day / 1000 * given["daily"],
        "day_gpu_minutes": given["yearly"] / 365 / per_gpu * 60,
        "fits": 64 * 1024**3 / given["memory"],
    }


def page(given: Mapping[str, float]) -> str:
    """The page, in Markdown."""
    return "\n".join([*_head(given, told := computed(given)), *_results(given, told), *_limits(given, told), *_inputs(given)]) + "\n"


def _head(given: Mapping[str, float], told: Mapping[str, float]) -> Iterator[str]:
    yield "# At the scale of PubMed"
    yield ""
    yield f"What {given['abstracts'] / 1e6:g} million abstracts, and {given['yearly'] / 1e6:g} million more a year, would take: arithmetic from what was measured"
    yield "on small collections and what is assumed, not a run of that size. `python -m benchmarks.scale` prints this page from the table at its end, for other"
    yield "numbers as well; a test compares the two."
    yield ""
    yield f"**In short:** {told['gpu_hours']:,.0f} GPU-hours ({told['days']:.1f} days on {given['gpus']:g} GPUs, some {_money(told['money'])} dollars) read everything once;"
    yield f"the log takes {told['log']:,.0f} GB, its index {told['index']:,.0f} GB, the graph {told['graph']:,.0f} GB. A day of new ones takes {told['day_gpu_minutes']:.0f} minutes of one GPU."
    yield f"What does not fit is a rebuild: it folds everything in memory, {told['fold_memory']:,.0f} GiB of it."


def _results(given: Mapping[str, float], told: Mapping[str, float]) -> Iterator[str]:
    yield from ("", "## What it takes", "", "| | | how |", "|---|---|---|")
    rows = [
        ("documents for each GPU-hour, `labels`", f"{told['per_gpu']:,.0f}", "speed × 3,600 / tokens; assumed with the speed"),
        (
            "the same, `votes` that end early",
            f"{told['per_gpu_voted']:,.0f}",
            "likewise; the answers, which are slower than prompts, not counted",
        ),
        ("GPU-hours for all", f"{told['gpu_hours']:,.0f}", "abstracts / documents for each GPU-hour"),
        ("money for all; for each year", f"{_money(told['money'])}; {_money(told['yearly_money'])} dollars", "GPU-hours × price"),
        ("claims recorded", f"{told['claims'] / 1e6:,.0f} million", "abstracts × claims"),
        (
            "of them admitted; facts",
            f"{told['admitted'] / 1e6:,.0f}; {told['facts'] / 1e6:,.0f} million",
            "× share; / observations for one fact",
        ),
        ("log", f"{told['log']:,.0f} GB", "texts and claims × bytes"),
        ("index beside it, on each machine that writes the graph", f"{told['index']:,.0f} GB", "likewise"),
        ("kept answers of the model", f"{told['answers']:,.0f} GB", "claims × bytes; can be removed once all is read"),
        ("graph on Neo4j", f"{told['graph']:,.0f} GB", "facts × bytes; its transaction logs come on top"),
        ("a new index from the log", f"{told['index_hours']:.1f} hours", "claims / speed, two cores"),
        (
            "fold of everything",
            f"{told['fold_hours']:.1f} hours, {told['fold_memory']:,.0f} GiB of memory",
            "claims / speed; claims × memory",
        ),
        ("bulk import of the facts", f"{told['import_hours']:.1f} hours", "facts × time, two cores"),
        ("a day's new claims", f"{told['a_day']:,.0f}", "a year's abstracts / 365 × claims"),
        ("a day's construction", f"{told['day_seconds']:.0f} s", "at 3 million facts; a larger graph was not tried"),
    ]
    yield from (f"| {name} | {value} | {how} |" for name, value, how in rows)


def _limits(given: Mapping[str, float], told: Mapping[str, float]) -> Iterator[str]:
    constructing = 1000 / given["daily"] / given["claims"]
    reading = told["per_gpu"] / HOUR
    yield from ("", "## What saturates first", "")
    yield "1. **Memory of a rebuild.** `rebuild`, `rebuild --bulk` and `--graph memory:` fold all recorded claims at once, also those that are not"
    yield f"   admitted: 64 GiB hold {told['fits'] / 1e6:,.0f} million, the claims of {told['fits'] / given['claims'] / 1e6:,.1f} million abstracts. A graph that follows its log batch by batch has no such limit."
    yield f"2. **Construction while everything is read.** One constructor takes in some {constructing:,.0f} abstracts a second (1,000 claims in {given['daily']:g} s), {given['gpus']:g}"
    yield f"   GPUs read {given['gpus'] * reading:,.0f}. What it does not keep up with waits in the log; day by day afterwards it idles nearly all the time."
    yield f"3. **The GPUs.** Around them an abstract costs {given['client']:g} ms of a core: {told['core_share'] * given['gpus']:.1f} cores keep {given['gpus']:g} busy."
    yield f"4. **Disk** of the machine that constructs: {told['log'] + told['index'] + told['graph']:,.0f} GB for log, index and graph. A first backup is as large as the log, each later one as what is new."


def _inputs(given: Mapping[str, float]) -> Iterator[str]:
    yield from ("", "## What it is computed from", "", "| | | |", "|---|---|---|")
    for name, figure in FIGURES.items():
        where = _origin(figure) if given[name] == figure.value else "given"
        yield f"| {figure.what} | {f'{_plain(given[name])} {figure.unit}'.strip()} | {where} |"


def _origin(figure: Figure) -> str:
    if not figure.measured:
        return f"assumed: {figure.assumed}".replace("measured/sizes.md", "[measured](../benchmarks/sizes.md)")
    place, _, said = figure.measured.partition(": ")
    return f"[measured](../benchmarks/{place}): {said}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.3g}"


def _money(dollars: float) -> str:
    return f"{round(dollars, -2 if dollars >= 1000 else 0):,.0f}"


def main() -> None:
    parser = options_of(__doc__)
    for name, figure in FIGURES.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=float, default=figure.value, help=f"{figure.what} ({figure.unit or 'number'})"
        )
    print(page(vars(parser.parse_args())), end="")


if __name__ == "__main__":
    main()
