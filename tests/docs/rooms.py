"""The list of rooms on the page about the architecture: `python -m tests.docs.rooms` writes it anew from the folders themselves."""

import ast
import re
import tomllib
from pathlib import Path

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "explanation" / "architecture.md"
HOUSE = ROOT / "docs" / "pictures" / "house.svg"
WINGS = ("schema", "pipeline", "agents", "graph_store", "flows")
LIST = re.compile(r"(?<=<!-- rooms -->\n).*?(?=<!-- /rooms -->)", re.DOTALL)


def order(wing: str) -> list[list[str]]:
    """The rooms of a wing as import-linter has their order, from the top down."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == [wing])
    return [[room.strip(" ()") for room in layer.split("|")] for layer in layers]


def first_line(place: Path) -> str:
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return said.split("\n\n")[0].replace("\n", " ").strip()


def listed() -> str:
    parts = []
    for wing in WINGS:
        rows = [f"| `{room}` | {first_line(ROOT / wing / room)} |" for layer in order(wing) for room in layer if room != "__main__"]
        parts.append(f"\n### {wing}\n\n{first_line(ROOT / wing)}\n\n| room | what is inside |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(LIST.sub(lambda _: listed(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
