"""Adapters: what a model was trained to do besides. A folder each, with weights as PEFT writes them, skills and a calibration map."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from agents.adapters import linear_part, skills
from agents.adapters.derived_files import file_hash
from agents.adapters.linear_part import Linear
from agents.adapters.skills import Skills, load_skills
from agents.asking.surface import VERSION
from schema.errors import WrongUse
from schema.ontology import Ontology

SHIPPED = Path(__file__).parent / "shipped"
AUTO, WITHOUT = "auto", "none"
CALIBRATION = "calibration.json"


@dataclass(frozen=True)
class Adapter:
    """A folder with an adapter, and its skills."""

    folder: Path
    skills: Skills

    @property
    def name(self) -> str:
        """That of a model with the adapter, on every runtime."""
        return self.skills.name

    @property
    def calibration(self) -> Path:
        """Where its calibration map is, if it has one."""
        return self.folder / CALIBRATION

    @cached_property
    def linear(self) -> Linear | None:
        """Its linear part, if it has one; raises WrongUse for a file that is not the one it was trained with."""
        told = self.skills.linear
        if told is None:
            return None
        if told.features != VERSION:
            raise WrongUse(f"{self.folder}: its linear part knows the features {told.features!r}, and there are {VERSION!r}")
        path = self.folder / linear_part.FILE
        if not path.is_file() or file_hash(path) != told.sha256:
            raise WrongUse(f"{path}: not the file that the skills speak of (SHA-256 {told.sha256[:12]}…)")
        return linear_part.load_linear(self.folder)


def load_adapter(folder: Path) -> Adapter:
    """The adapter of a folder; raises WrongUse naming file, key and rule."""
    return Adapter(folder, load_skills(folder))


def shipped() -> tuple[Adapter, ...]:
    """Those that come with ChronoKG, the last by name first."""
    folders = sorted(path.parent for path in SHIPPED.glob(f"*/{skills.FILE}"))
    return tuple(load_adapter(folder) for folder in reversed(folders))


def known(setting: str) -> tuple[Adapter, ...]:
    """The adapters that the setting `adapter` lets a model have: those that ship, none, or that of a folder."""
    if setting == WITHOUT:
        return ()
    return shipped() if setting == AUTO else (load_adapter(Path(setting).expanduser()),)


def known_names(setting: str) -> frozenset[str]:
    """The names of models that have an adapter, by the setting."""
    return frozenset(adapter.name for adapter in known(setting))


def adapter_for_embedded(setting: str, ontology: Ontology) -> Adapter | None:
    """The one that the setting `adapter` means for the embedded model; by default a shipped one that has the ontology's words."""
    if setting in {AUTO, WITHOUT}:
        return next((adapter for adapter in known(setting) if adapter.skills.fits(ontology)), None)
    return _fitting(known(setting)[0], ontology)


def adapter_for_served(setting: str, ontology: Ontology, model: str) -> Adapter | None:
    """The one that a server's model has, by its name: a model may be called like an adapter only if it has it."""
    candidates = known(setting)
    found = next((adapter for adapter in candidates if adapter.name == model), None)
    if found is None and setting not in {AUTO, WITHOUT}:
        called = candidates[0].name
        raise WrongUse(f"adapter {setting!r}: a model with it is called {called!r}, and {model!r} is asked: see the setting model_name")
    return found and _fitting(found, ontology)


def _fitting(adapter: Adapter, ontology: Ontology) -> Adapter:
    if not adapter.skills.fits(ontology):
        raise WrongUse(f"{adapter.folder}: the adapter {adapter.name!r} can say nothing in the words of the ontology {ontology.name!r}")
    return adapter
