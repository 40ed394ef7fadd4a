"""The readers that a home's settings name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from agents.adapters.adapter import Adapter
from agents.models.choice import SCRIPTED, chosen_adapter, make_model
from agents.models.forecast import ForecastModel
from agents.reader import ReadingAgent, make_extractor
from flows.home.homes import Home
from flows.wiring.home_vocabularies import linking_in
from schema.ports import MentionLinker


def extractor_for(home: Home, stand_in: ForecastModel | None = None) -> ReadingAgent:
    """The reader that the settings name, or the same with a stand-in for its model; it finds names in plain text."""
    return relation_reader(home, stand_in, partial(linking_in, home))


def relation_reader(
    home: Home, stand_in: ForecastModel | None = None, linking: Callable[[], AbstractContextManager[MentionLinker]] | None = None
) -> ReadingAgent:
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
        adapter=settings.adapter,
        stand_in=stand_in,
        linking=linking,
        **options,
    )


def stand_in_for(home: Home) -> ForecastModel | None:
    """What counts instead of the model; a script costs nothing and needs none."""
    settings = home.settings
    if settings.model.startswith(SCRIPTED):
        return None
    key = settings.model_key.get_secret_value() or None
    return ForecastModel(
        make_model(settings.model, name=settings.model_name, key=key, adapter=adapter_of(home), setting=settings.adapter), settings.votes
    )


def adapter_of(home: Home) -> Adapter | None:
    """The adapter that the settings' model reads the home's ontology with; None without one, and for a script."""
    settings = home.settings
    return chosen_adapter(
        settings.adapter,
        settings.model,
        reading=settings.reading,
        ontology=home.rules.ontology,
        name=settings.model_name,
        key=settings.model_key.get_secret_value() or None,
    )
