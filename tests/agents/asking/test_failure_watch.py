"""A model that answers nonsense stops a run; one that fails now and then, or is away, does not."""

import pytest

from agents.asking.failure_watch import LOOKED_AT, FailureWatch
from schema.errors import ModelFailed, ModelRefused, ModelUnavailable
from schema.ports import Extraction
from schema.usage import Usage

READ = Extraction((), Usage(1, 100, 10))
KEPT = Extraction((), Usage(cached=1))
SCRIPTED = Extraction(())
NONSENSE = ModelFailed("no JSON: 'blah'")
AWAY = ModelUnavailable("http://127.0.0.1:1 does not answer")


def taken(watch: FailureWatch, *results: Extraction | ModelFailed) -> int:
    """How many were taken before it was enough."""
    for number, result in enumerate(results):
        try:
            watch.take(result)
        except ModelRefused:
            return number + 1
    return 0


def test_nonsense_for_all_of_the_first_documents_stops_the_run_in_one_sentence():
    watch = FailureWatch()
    assert taken(watch, *[NONSENSE] * (LOOKED_AT - 1)) == 0
    with pytest.raises(ModelRefused, match=r"50 of the last 50 documents .*broken.*\(the last one: ModelFailed\)") as refused:
        watch.take(NONSENSE)
    assert "blah" not in str(refused.value), "it goes into logs, and an answer may quote a document"


def test_few_documents_stop_nothing_whatever_becomes_of_them():
    assert taken(FailureWatch(), *[NONSENSE] * 49) == 0


@pytest.mark.parametrize(("good", "stops"), [(4, True), (5, False), (25, False)])
def test_nine_in_ten_may_fail_and_no_more(good, stops):
    assert bool(taken(FailureWatch(), *[READ] * good, *[NONSENSE] * (50 - good))) is stops
    assert taken(FailureWatch(), *[NONSENSE] * (50 - good), *[READ] * good) == 0 or stops


def test_a_model_that_breaks_after_a_million_documents_is_noticed_within_fifty():
    watch = FailureWatch()
    assert taken(watch, *[READ] * 1000) == 0
    assert taken(watch, *[NONSENSE] * 60) == 46


def test_a_server_that_is_away_is_no_broken_model():
    watch = FailureWatch()
    assert taken(watch, *[AWAY] * 500) == 0
    assert taken(watch, *[NONSENSE] * 50) == 50


def test_answers_of_an_earlier_run_do_not_hide_a_broken_model_and_those_of_a_script_count():
    assert taken(FailureWatch(), *[NONSENSE, KEPT] * 100) == 99
    assert taken(FailureWatch(), *[NONSENSE, SCRIPTED] * 100) == 0
