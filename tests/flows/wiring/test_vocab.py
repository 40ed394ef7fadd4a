import json
from pathlib import Path

import pytest

from flows.home.homes import open_home
from flows.wiring.home_vocabularies import Loading, linking_in, load_vocabularies, vocabularies_of
from schema.document import Mention
from schema.errors import WrongUse
from schema.records import Sameness
from tests.flows.commands.running import run

MESH = "D000001\tZorbin\tZorbine\tD02.1\t\nD000002\tZorb Fever\tFever, Zorb\tC01.2\t\nnot a row\n"
SUPPLEMENTS = "C000001\tzorbin acetate\tZBA\tD000001\n"


def vocab(*arguments: object, home: Path, expect: int = 0) -> str:
    done = run("vocab", *arguments, home=home)
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "supplements.tsv").write_text(SUPPLEMENTS, encoding="utf-8")
    (folder / "mesh.tsv").write_text(MESH, encoding="utf-8")
    (folder / "mine.csv").write_text("key,name,synonyms\nX:1,wick ague,WA|wicks\n", encoding="utf-8")
    (folder / "broken.tsv").write_text("nothing of use\n", encoding="utf-8")
    return folder


def load(home: Path, *paths: Path, **told: str) -> list[tuple[str, int, int, bool]]:
    outcomes = load_vocabularies(open_home(home, {}), paths, Loading(**told))
    return [(each.name, each.terms, each.aside, bool(each.error)) for each in outcomes]


def test_names_in_a_text_are_linked_by_what_was_loaded(files: Path, tmp_path: Path) -> None:
    load(tmp_path / "home", files / "mesh.tsv")
    home = open_home(tmp_path / "home", {})
    with linking_in(home) as linker:
        mentions, judgements = linker.link("zorbin eased it", [Mention(0, 6, "zorbin", "Chemical")])
    assert [mention.identifiers for mention in mentions] == [("MESH:D000001",)]
    assert [(one.key, one.sameness) for one in judgements] == [("MESH:D000001", Sameness.SAME)]


def test_supplements_follow_their_descriptors_but_keep_their_place(files: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert load(home, files / "supplements.tsv", files / "mesh.tsv") == [("supplements", 1, 0, False), ("mesh", 2, 1, False)]
    with vocabularies_of(open_home(home, {})) as store:
        assert list(store.loaded()) == ["supplements", "mesh"]


def test_several_files_can_be_one_vocabulary(files: Path, tmp_path: Path) -> None:
    assert load(tmp_path / "home", files / "supplements.tsv", files / "mesh.tsv", name="MeSH") == [("MeSH", 3, 1, False)]


def test_the_same_file_again_loads_nothing_and_another_state_of_it_does(files: Path, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", {})
    (first,) = load_vocabularies(home, [files / "mesh.tsv"], Loading())
    (again,) = load_vocabularies(home, [files / "mesh.tsv"], Loading())
    assert (again.version, again.terms, dict(again.passed)) == (first.version, 2, {"loaded already": 1})
    (files / "mesh.tsv").write_text(MESH.replace("Zorbine", "Zorbinum"), encoding="utf-8")
    (changed,) = load_vocabularies(home, [files / "mesh.tsv"], Loading())
    assert changed.version != first.version
    assert not changed.passed


def test_a_file_that_cannot_be_read_leaves_what_was_loaded_under_its_name(files: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    load(home, files / "mine.csv", type="Disease")
    (files / "mine.csv").write_text("key,name,synonyms\n", encoding="utf-8")
    assert load(home, files / "mine.csv", files / "mesh.tsv", type="Disease") == [("mine", 0, 0, True), ("mesh", 2, 1, False)]
    with vocabularies_of(open_home(home, {})) as store:
        assert store.loaded()["mine"][1] == 1


def test_what_cannot_be_right_is_refused_before_anything_is_loaded(files: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(WrongUse, match="Place"):
        load(home, files / "mine.csv", type="Place")
    with pytest.raises(WrongUse, match="no such file"):
        load(home, files / "mesh.tsv", files / "absent.tsv")
    (tmp_path / "mesh.txt").write_text(MESH, encoding="utf-8")
    with pytest.raises(WrongUse, match="--name"):
        load(home, files / "mesh.tsv", tmp_path / "mesh.txt")
    with vocabularies_of(open_home(home, {})) as store:
        assert store.loaded() == {}


def test_the_commands_as_a_user_types_them(files: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = json.loads(vocab("load", files / "mesh.tsv", "--json", home=home, expect=1))
    (loaded,) = told["vocabularies"]
    assert (loaded["name"], loaded["terms"], loaded["set_aside"]) == ("mesh", 2, 1)
    assert loaded["examples"][0]["place"] == "line 3"
    assert vocab("load", files / "mine.csv", "--type", "Disease", home=home).startswith("mine: 1 terms")
    assert "wick ague" in vocab("find", "wicks", home=home)
    found = json.loads(vocab("find", "zorb-fevers", "--type", "Disease", "--json", home=home))
    assert found["types"][0]["sameness"] == "same"
    assert found["types"][0]["candidates"][0]["key"] == "MESH:D000002"
    assert [json.loads(line)["name"] for line in vocab("list", "--json", home=home).splitlines()] == ["mesh", "mine"]
    vocab("load", files / "broken.tsv", home=home, expect=2)
    vocab("remove", "absent", home=home, expect=2)
    vocab("remove", "mine", home=home)
    assert "no vocabulary has a name like" in vocab("find", "wicks", home=home)


def test_the_names_of_a_text_that_vocabularies_have_are_known_once_they_are_loaded(files: Path, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", {})
    with linking_in(home) as linker:
        assert linker.known_in("Zorbin eased zorb fever.") == ()
        load(tmp_path / "home", files / "mesh.tsv")
        assert linker.known_in("Zorbin eased zorb fever.") == ("Zorbin", "zorb fever")
