"""What the pages name is there: files, modules, rooms, commands, settings."""

import re
from pathlib import Path

import pytest
import typer

import flows
from flows.commands.chronokg import app
from flows.home.configuration.settings import Settings
from tests.conftest import ROOT
from tests.docs.pages import FENCE, blocks, name_of, pages
from tests.docs.rooms import HOUSE, LIST, PAGE, WINGS, listed, order

TOP = (*WINGS, "tests", "docs", "benchmarks", "examples", ".ci")
NAMED = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"(?:{'|'.join(map(re.escape, TOP))})/[\w./*-]*[\w*]")
MODULE = re.compile(rf"(?:{'|'.join(WINGS)})(?:\.\w+)+")
PARTS = [page for page in pages() if not name_of(page).startswith("CHANGELOG")]


@pytest.mark.parametrize("page", PARTS, ids=name_of)
def test_files_and_modules_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    spans, code = NAMED.findall(FENCE.sub("", text)), "\n".join(block.text for block in blocks(page))
    paths = [name for name in [*spans, *re.split(r"[\s=\"'()]+", code)] if PATH.fullmatch(name) and "NAME" not in name]
    modules = [name for name in spans if MODULE.fullmatch(name)]
    for holder, names in re.findall(r"\bfrom ((?:schema|pipeline|agents|graph_store|flows)[\w.]*) import ([\w, ]+)", code):
        modules += [f"{holder}.{name}" for name in names.split(", ")]
    modules += re.findall(r"python -m ((?:flows|benchmarks|tests)[\w.]*)", text)
    assert [name for name in paths if not is_path(name)] + [name for name in modules if not is_module(name)] == []


def test_modules_in_the_drawings_are_there() -> None:
    for drawing in sorted((ROOT / "docs" / "pictures").glob("*.svg")):
        named = re.findall(r"<text[^>]*>([^<]+)</text>", drawing.read_text(encoding="utf-8"))
        assert [name for name in named if MODULE.fullmatch(name) and not is_module(name)] == [], drawing.name


@pytest.mark.parametrize("wing", [wing for wing in WINGS if wing != "schema"])
def test_the_drawing_of_the_house_has_the_rooms_in_their_order(wing: str) -> None:
    found = re.search(rf'<(g|text) id="{wing}".*?</\1>', HOUSE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    drawn = [room for text in re.findall(r">([^<]+)<", found[0]) for room in re.findall(r"\w+", text)]
    layer_of = {room: at for at, layer in enumerate(order(wing)) for room in layer if room != "__main__"}
    assert set(drawn) == set(layer_of)
    assert [layer_of[room] for room in drawn] == sorted(layer_of[room] for room in drawn)


def test_the_rooms_say_what_is_inside_and_the_page_says_the_same() -> None:
    found = LIST.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == listed(), "python -m tests.docs.rooms writes it anew"


def test_every_command_has_a_line_on_the_page_of_the_command_line() -> None:
    text = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert [name for name in commands() if f"`{name}" not in text and f" {name}`" not in text and f", `{name}`" not in text] == []


def test_every_job_for_python_programs_is_on_their_page() -> None:
    text = (ROOT / "docs" / "how-to" / "python.md").read_text(encoding="utf-8")
    assert [name for name in flows.__all__ if not re.search(rf"\b{name}\b", text)] == []


def test_every_setting_has_a_line_on_the_page_of_settings() -> None:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"`{name}`" not in text] == []


def commands() -> list[str]:
    group = typer.main.get_command(app)
    return [
        f"{name} {under}" if under else name
        for name, each in group.commands.items()
        for under in [*getattr(each, "commands", {}), ""]
        if under or not hasattr(each, "commands")
    ]  # type: ignore[attr-defined]


def is_path(name: str) -> bool:
    return any(ROOT.glob(name)) if "*" in name else (ROOT / name).exists()


def is_module(name: str) -> bool:
    """Whether a dotted name is a module or room of ours, or something that one defines."""
    place = ROOT.joinpath(*name.split("."))
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    holder = place.parent.with_suffix(".py") if place.parent.with_suffix(".py").is_file() else place.parent / "__init__.py"
    return holder.is_file() and re.search(rf"\b{place.name}\b", holder.read_text(encoding="utf-8")) is not None
