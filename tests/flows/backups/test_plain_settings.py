"""What a backup has of a chronokg.toml: no secret, however deep or out of use it is; and what is left out is told."""

import pytest

from flows.backups.plain_settings import fit_for_backups

SECRET = "hunter2-hunter2"
SOURCE = '[sources.asthma]\nkind = "eutils"\nquery = "asthma"\nsince = "2001-01-01"\n'
FILES = '[sources.daily]\nkind = "pubmed-files"\nat = "s3://bucket/x"\n'


@pytest.mark.parametrize(
    ("text", "kept", "left_out"),
    [
        ("threshold = 0.7 # a guess\n", "threshold = 0.7 # a guess\n", []),
        (f'model_key = "{SECRET}"\nthreshold = 0.7\n', "threshold = 0.7\n", ["model_key"]),
        (f'{SOURCE}api_key = "{SECRET}"\n', SOURCE, ["sources.asthma.api_key"]),
        (f'{FILES}[sources.daily.options]\nsecret = "{SECRET}"\n', f"{FILES}[sources.daily.options]\n", ["sources.daily.options.secret"]),
        (f'threshold = 0.7 # the key is {SECRET}\n# model_key = "{SECRET}"\n', "threshold = 0.7\n\n", []),
        ('log = "s3://bucket/kg"\nthreshold = 0.7\n', "threshold = 0.7\n", ["log"]),
    ],
)
def test_lines_of_secrets_and_of_the_logs_place_are_taken_out(text: str, kept: str, left_out: list[str]) -> None:
    assert fit_for_backups(text) == (kept, left_out)


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        (f'{FILES}options = {{secret = "{SECRET}"}}\n', ["sources.daily.options.secret"]),
        (f'sources.asthma = {{kind = "eutils", query = "a", since = "2001-01-01", api_key = "{SECRET}"}}\n', ["sources.asthma.api_key"]),
        (f'model_key = """\n{SECRET}"""\n', ["model_key"]),
        (f'model_key = "{SECRET}"\nmodel_name = "{SECRET}"\n', ["model_key"]),
        ('log = "s3://bucket/kg"\n[trust]\nlog = 0.5\n', ["log"]),
        ("graph_password = \n", ["what cannot be read of it"]),
        ("no_setting = 1\n", ["what cannot be read of it"]),
    ],
)
def test_where_that_is_not_certain_to_be_all_and_nothing_else_the_file_stays_at_home(text: str, left_out: list[str]) -> None:
    assert fit_for_backups(text) == (None, left_out)


def test_flags_and_environment_do_not_hide_what_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHRONOKG_MODEL_KEY", "another")
    assert fit_for_backups(f'model_key = "{SECRET}"\n') == ("", ["model_key"])
