"""Who chooses what a question means: words, the model that the settings name, or both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, get_args

from agents.models.choice import make_model
from agents.picking.option_probabilities import ByProbabilities
from flows.home.homes import Home
from pipeline.querying.chosen_query import Together
from pipeline.querying.option_words import ByWords
from schema.errors import WrongUse
from schema.ports import OptionChooser

Way = Literal["words", "model", "both"]


def way_called(name: str) -> Way:
    """The way of this name; raises WrongUse where there is none."""
    if name not in get_args(Way):
        raise WrongUse(f"--choose {name!r}: there are {', '.join(get_args(Way))}")
    found: Way = name  # type: ignore[assignment]
    return found


@asynccontextmanager
async def chooser_for(home: Home, way: Way) -> AsyncIterator[OptionChooser]:
    """The chooser; a model is let go of at the end. Raises WrongUse where the settings name no model that gives probabilities."""
    words = ByWords(home.rules.ontology)
    if way == "words":
        yield words
        return
    settings = home.settings
    model = make_model(
        settings.model, name=settings.model_name, key=settings.model_key.get_secret_value() or None, setting=settings.adapter
    )
    try:
        chosen = ByProbabilities(model)
        yield chosen if way == "model" else Together([words, chosen])
    finally:
        await model.close()
