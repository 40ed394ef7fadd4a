"""`doctor`: what works here and what does not, and why."""

import asyncio
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.home.configuration.settings import Settings
from flows.home.graph_to_read import graph_to_read
from flows.home.homes import Home
from flows.home.log_places import is_home
from graph_store.holder_lock import may_write
from pipeline.updating.graph_state import Condition
from schema.errors import ChronoKGError, ModelUnavailable, StoreFailed

if TYPE_CHECKING:
    from agents.models.embedded_model import EmbeddedModel
    from agents.models.packed_model import PackedModel
    from agents.models.served_model import ServedModel
UNUSABLE = (Condition.FOREIGN, Condition.STRANGE, Condition.AHEAD, Condition.DAMAGED)
"""Conditions in which a graph does not answer for this home, and will not by being brought along."""


def examine(home: Home, called: Path | None = None) -> dict[str, Any]:
    """Checks with their outcome, and every setting with its origin; secrets are masked.

    Where the home that is `called` so is still to be made, `home` is an empty one in its place.
    """
    checks = [_check(name, check, home) for name, check in _CHECKS]
    if called is not None and not is_home(called):
        told = f"{called.expanduser()} is still to be made: `ingest`, `observe` and `vocab load` do"
        checks = [{**each, "detail": told} if each["name"] == "home" else each for each in checks]
    settings = {name: {"value": str(getattr(home.settings, name)), "origin": home.origins[name]} for name in sorted(Settings.model_fields)}
    return {"checks": checks, "settings": settings, "healthy": all(check["ok"] for check in checks)}


def findings_in_words(found: Mapping[str, Any]) -> str:
    """Checks and settings as a person reads them."""
    checks = (f"{'ok  ' if check['ok'] else 'FAIL'}  {check['name']}: {check['detail']}" for check in found["checks"])
    settings = (f"  {name} = {setting['value']} ({setting['origin']})" for name, setting in found["settings"].items())
    return "\n".join([*checks, "settings:", *settings])


def _check(name: str, check: Callable[[Home], str], home: Home) -> dict[str, Any]:
    try:
        return {"name": name, "ok": True, "detail": check(home)}
    except (ChronoKGError, OSError) as error:
        return {"name": name, "ok": False, "detail": str(error)}


def _python(_home: Home) -> str:
    return f"{platform.python_version()} on {sys.platform} {platform.machine()}"


def _folder(home: Home) -> str:
    if not home.path.exists():
        return f"there is none yet in {home.path}; what adds makes it"
    if not may_write(home.path):
        raise StoreFailed(f"{home.path} cannot be written; what only reads works all the same")
    return f"{home.path} can be written"


def _ontology(home: Home) -> str:
    ontology = home.rules.ontology
    return f"{ontology.name} {ontology.version}: {len(ontology.entity_types)} types, {len(ontology.relations)} relations"


def _log(home: Home) -> str:
    told = f"{len(home.log.batches())} batches"
    return f"{told} in {home.place_of_log}" if home.settings.log else told


def _graph(home: Home) -> str:
    with graph_to_read(home) as graph:
        state = graph.state
        if state.condition in UNUSABLE:
            raise StoreFailed(state.note)
        if graph.store is None:
            return state.note
        counts = graph.store.counts()
        told = f"{graph.store.name}: " + ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
        return f"{told}; {state.note}" if state.note else told


def check_model(home: Home) -> str:
    """What the model of the settings is, asked of its server where it has one; raises ModelFailed where that does not answer."""
    from agents.models.choice import EMBEDDED, SCRIPTED, embedded_model, make_model
    from agents.models.embedded_model import embedded_model_available
    from flows.wiring.readers import adapter_of

    spec = home.settings.model
    if spec == EMBEDDED:
        reason = embedded_model_available()
        if reason is not None:
            raise ModelUnavailable(reason)
        model = embedded_model(adapter_of(home))
        model.check()
        return f"embedded: {model.name}"
    if spec.startswith(SCRIPTED):
        return f"answers come from the file {spec.removeprefix(SCRIPTED)}"
    # Without a name given, the servers are asked what they serve: that is the check.
    settings = home.settings
    key = settings.model_key.get_secret_value() or None
    named = make_model(spec, name=settings.model_name, key=key, setting="none").name
    served = make_model(spec, key=key, setting="none")
    found = served.name
    told = f"{spec} serves {found}" if named == found else f"{spec} serves {found}, and {named} is to be asked"
    return "; ".join([told, *asyncio.run(_away(served))])


async def _away(model: "EmbeddedModel | PackedModel | ServedModel") -> Sequence[str]:
    """The servers that do not answer, of several; raises ModelUnavailable where that is all of them."""
    from agents.models.served_model import ServedModel

    try:
        await model.available()
        return await model.away() if isinstance(model, ServedModel) else ()
    finally:
        await model.close()


_CHECKS: tuple[tuple[str, Callable[[Home], str]], ...] = (
    ("python", _python),
    ("home", _folder),
    ("ontology", _ontology),
    ("evidence log", _log),
    ("graph", _graph),
    ("model", check_model),
)
