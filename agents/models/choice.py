"""Which language model a user means, and which adapter it reads with."""

from pathlib import Path
from typing import Literal

from agents.adapters.adapter import AUTO, WITHOUT, Adapter, adapter_for_embedded, adapter_for_served, known_names
from agents.models.embedded_model import EmbeddedModel
from agents.models.packed_model import PackedModel
from agents.models.served_model import ServedModel
from agents.serving.limits import DEFAULT_BOUNDS, Bounds
from schema.errors import WrongUse
from schema.ontology import Ontology

Way = Literal["labels", "votes", "linear"]

EMBEDDED = "embedded"
SCRIPTED = "scripted:"


def chosen_adapter(
    setting: str, spec: str, *, reading: Way, ontology: Ontology, name: str | None = None, key: str | None = None
) -> Adapter | None:
    """The adapter that a model reads with, None for one that was not trained to.

    A server is asked for its model's name where that decides and is not given. Raises WrongUse for a folder that has no adapter, for an
    adapter that cannot be the model's or says nothing in the ontology's words, and for votes of a model that was trained to score.
    """
    by_labels = reading != "votes"
    if spec == EMBEDDED:
        return adapter_for_embedded(setting, ontology) if by_labels else None
    if not _is_url(spec) or not (known := known_names(setting)):
        return None
    model = ServedModel(addresses(spec), name, key).name
    if by_labels:
        return adapter_for_served(setting, ontology, model)
    if model in known:
        raise WrongUse(f"--reading votes: {model!r} was trained to score labels; name the model under it (model_name)")
    return None


def make_model(
    spec: str,
    *,
    name: str | None = None,
    key: str | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    adapter: Adapter | None = None,
    setting: str = AUTO,
) -> EmbeddedModel | PackedModel | ServedModel:
    """Make the language model for `embedded`, a URL or several with commas between them; raises WrongUse for anything else.

    The embedded one with an adapter scores in packed passes; a server's model that is called like an adapter known by the setting has it.
    """
    if spec == EMBEDDED:
        return embedded_model(adapter)
    if _is_url(spec):
        return ServedModel(addresses(spec), name, key, bounds, known_names(setting) | ({adapter.name} if adapter else set()))
    raise WrongUse(f"--model {spec!r}: there are {EMBEDDED}, the URL of a model server, several with commas between, and {SCRIPTED}FILE")


def addresses(spec: str) -> list[str]:
    """The URLs of servers that a setting names, each once; raises WrongUse where one of them is none."""
    named = [part.strip() for part in spec.split(",") if part.strip()]
    for each in named:
        if not _is_url(each):
            raise WrongUse(f"--model {spec!r}: {each!r} is not the URL of a model server; with commas between there are only such")
    return list(dict.fromkeys(named))


def embedded_model(adapter: Adapter | None) -> EmbeddedModel | PackedModel:
    """The model that runs here: as it comes, or as it was trained to read."""
    return EmbeddedModel() if adapter is None else PackedModel(adapter)


def is_scripted(spec: str) -> bool:
    """Whether answers come from a file."""
    return spec.startswith(SCRIPTED)


def teacher_settings(spec: str) -> dict[str, str | None]:
    """The settings of a reader to learn from: an adapter's folder, `embedded` (as it comes) or a server's URL, with #NAME for a model."""
    model, _, named = spec.partition("#")
    if _is_url(spec):
        return {"model": model, "adapter": AUTO, "model_name": named or None}
    folder = WITHOUT if spec == EMBEDDED else str(Path(spec).expanduser().resolve())
    return {"model": EMBEDDED, "adapter": folder, "model_name": None}


def _is_url(spec: str) -> bool:
    return spec.strip().startswith(("http://", "https://"))
