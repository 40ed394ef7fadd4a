"""What a run changed its mind about, from a home's own log."""

from pathlib import Path

from flows import observe_file, open_home, retract
from flows.home.homes import now
from flows.report.changes_of_runs import changes_of_run
from pipeline.updating.changed_facts import ChangedFacts
from tests.flows.commands.running import line, write_lines

PREVENT = [line("PMID:1", "2001-03-01", "prevent", 0.80), line("PMID:2", "2004-03-01", "prevent", 0.70)]
CAUSE = line("PMID:3", "2010-03-01", "cause", 0.90)


def test_each_run_tells_what_it_overturned_and_the_next_one_nothing(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", graph="memory:")
    observe_file(home, write_lines(tmp_path / "one.jsonl", PREVENT))
    store = home.open_store()
    home.follow(store)
    began, changed = now(), ChangedFacts()
    observe_file(home, write_lines(tmp_path / "two.jsonl", [CAUSE]))
    home.follow(store, changed)
    (fell,) = changes_of_run(home, changed, began)["lines"]
    assert (fell["kind"], fell["was"]) == ("overturned", "holds since 2001-03-01 (belief 0.94, 2 documents)")
    assert [(each["document"], each["quote"]) for each in fell["because"]] == [("PMID:3", "sentence of PMID:3")]
    began, changed = now(), ChangedFacts()
    home.follow(store, changed)
    assert changes_of_run(home, changed, began) == {"lines": [], "left_out": {}}
    retract(home, "PMID:3", on="2011")
    home.follow(store, changed)
    assert sorted(each["kind"] for each in changes_of_run(home, changed, began)["lines"]) == ["reopened", "withdrawn"]
