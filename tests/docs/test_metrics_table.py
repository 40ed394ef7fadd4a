"""The page about watching has every metric and every attribute that there is."""

from tests.docs.metrics_table import METRICS, PAGE, SPANS, metrics, spans


def test_the_page_about_watching_has_the_metrics_and_attributes_that_there_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for place, wanted in ((METRICS, metrics()), (SPANS, spans())):
        found = place.search(text)
        assert found is not None
        assert found[0] == wanted, "python -m tests.docs.metrics_table writes it anew"
