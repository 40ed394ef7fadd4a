"""The readers that a home's settings name."""

from typing import Any

from agents.forecast import ForecastModel
from agents.reading_agent import ReadingAgent, make_extractor
from flows.home import Home
from flows.plain_text import reading_plain_text


def extractor_for(home: Home, stand_in: ForecastModel | None = None) -> ReadingAgent:
    """The reader that the settings name, or the same with a stand-in for its model; it finds names in plain text."""
    return reading_plain_text(relation_reader(home, stand_in), home)


def relation_reader(home: Home, stand_in: ForecastModel | None = None) -> ReadingAgent:
    """The same for documents that bring their mentions; its answers come from and go to the home's cache."""
    settings = home.settings
    asked_by_votes = {"votes": settings.votes, "error": settings.vote_error, "threshold": settings.threshold}
    options: dict[str, Any] = asked_by_votes if settings.reading == "votes" else {}
    return make_extractor(
        settings.model,
        reading=settings.reading,
        ontology=home.rules.ontology,
        home=home.path,
        name=settings.model_name,
        key=settings.model_key.get_secret_value() or None,
        stand_in=stand_in,
        **options,
    )
