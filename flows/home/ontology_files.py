"""Ontologies as files: the two that ship, those that users write, and the one a home was opened with."""

from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from schema.errors import InvalidOntology
from schema.ontology import Ontology

SHIPPED = ("biomedical", "general")


def load_ontology(name_or_path: str) -> Ontology:
    """A shipped ontology by its name, or one from a YAML file; raises InvalidOntology naming file, key and rule."""
    return parse_ontology(ontology_text(name_or_path), name_or_path)


def ontology_text(name_or_path: str) -> str:
    """The text of an ontology file."""
    if name_or_path in SHIPPED:
        return (files("schema") / "ontologies" / f"{name_or_path}.yaml").read_text(encoding="utf-8")
    path = Path(name_or_path)
    if not path.is_file():
        raise InvalidOntology(f"{name_or_path!r} is neither a file nor one of {', '.join(SHIPPED)}")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as cause:
        raise InvalidOntology(f"{name_or_path} is not UTF-8 text: {cause}") from cause


def parse_ontology(text: str, name: str) -> Ontology:
    """An ontology from YAML text; `name` is for messages."""
    try:
        return Ontology.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as cause:
        raise InvalidOntology(f"{name} is not YAML: {cause}") from cause
    except ValidationError as cause:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" if e["loc"] else e["msg"].removeprefix("Value error, ") for e in cause.errors()
        )
        raise InvalidOntology(f"{name}: {problems}") from cause
