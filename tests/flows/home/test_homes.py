"""Homes are opened by several at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from flows.home.configuration.settings import ontology_text
from flows.home.homes import Home, open_home

OPENERS = 16


def test_several_that_make_one_home_at_once_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    for attempt in range(5):
        path, ready = tmp_path / str(attempt), Barrier(OPENERS)

        def opened(path: Path = path, ready: Barrier = ready) -> Home:
            ready.wait()
            return open_home(path, {"graph": "memory:", "model": "scripted:none"})

        with ThreadPoolExecutor(OPENERS) as pool:
            homes = [each.result() for each in [pool.submit(opened) for _ in range(OPENERS)]]
        assert {home.rules.ontology.reading_name for home in homes} == {homes[0].rules.ontology.reading_name}
        assert (path / "ontology.yaml").read_text(encoding="utf-8") == ontology_text("biomedical")
        assert [left.name for left in path.glob("ontology.*")] == ["ontology.yaml"]
        assert len({home.log.version().log for home in homes}) == 1  # one log, made once
        assert len(list((path / "log" / "_delta_log").glob("*.json"))) == 1
