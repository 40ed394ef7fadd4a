"""The house: names that stand once, laws of import, rooms that can be seen at once, pages that say what is true."""

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.conftest import ROOT

OURS = {"schema", "pipeline", "agents", "graph_store", "flows"}
MOST_LINES, MOST_FILES = 300, 14

COMMANDS = ("flows/commands/", "flows/scheduling/prefect_flows.py")
"""A command, and a flow, may be called as what it runs: the user's word for it and ours are one."""

HONEST_TWINS: dict[str, str] = {
    "typed": "the columns of schema as the wing's own library types them; wings do not import each other",
}
"""Names that stand twice and may, each with the reason."""


def test_no_other_installed_distribution_owns_our_package_names() -> None:
    owners = {
        (Path(str(file)).parts[0], distribution.metadata["Name"])
        for distribution in distributions()
        for file in distribution.files or ()
        if Path(str(file)).parts[0] in OURS
    }
    assert {name for _, name in owners} <= {"chronokg"}


def test_imports_go_down_only() -> None:
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_there_is_nothing_at_the_top_level_but_what_belongs_there() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode != 0:
        pytest.skip("not a git checkout")
    allowed = OURS | {
        "tests", "docs", "benchmarks", "examples", ".ci", "docker-compose.yml", "prefect.yaml", "pyproject.toml", "uv.lock", "README.md",
        "LICENSE", "Makefile", "CHANGELOG.md", "CONTRIBUTING.md", ".gitignore", ".env.example",
        "Containerfile", ".dockerignore",
    }  # fmt: skip
    assert {line.split("/")[0] for line in tracked.stdout.splitlines()} <= allowed


def tracked() -> list[Path]:
    found = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for path in map(Path, found.stdout.split()) if (ROOT / path).exists()]


def ours() -> dict[str, Path]:
    """Our modules by dotted name."""
    paths = (path for path in tracked() if path.parts[0] in OURS)
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports() -> dict[str, set[str]]:
    """Which of our modules each imports anywhere: at the top, inside a function, or for its types only."""
    modules = ours()
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        named: set[str] = set()
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                named |= {each if each in modules else str(node.module) for each in inner}
        found[module] = named & modules.keys() - {module}
    return found


def test_no_modules_import_each_other_in_a_circle_not_even_for_their_types() -> None:
    try:
        list(TopologicalSorter(imports()).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_no_function_or_class_has_the_name_of_another() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in ours().values():
        for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.as_posix())
    twins = {name: where for name, where in places.items() if len([each for each in where if not each.startswith(COMMANDS)]) > 1}
    assert {name: where for name, where in twins.items() if name not in HONEST_TWINS} == {}


def test_no_module_or_folder_has_the_name_of_another() -> None:
    paths = list(ours().values())
    folders = {folder for path in paths for folder in path.parents if folder.name}
    places = Counter([path.stem for path in paths if path.stem != "__init__"] + [folder.name for folder in folders])
    assert {name for name, number in places.items() if number > 1} - HONEST_TWINS.keys() == set()


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lengths = {path.as_posix(): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in tracked()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_folder_holds_more_files_than_can_be_seen_at_once() -> None:
    sizes = Counter(path.parent.as_posix() for path in tracked())
    assert {name: files for name, files in sizes.items() if files > MOST_FILES} == {}
