import time

import pytest

from schema.entity_names import abbreviations


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("Patients with non-small cell lung cancer (NSCLC) did well.", "NSCLC", "non-small cell lung cancer"),
        ("NSCLC (non-small cell lung cancer) is common.", "NSCLC", "non-small cell lung cancer"),
        ("We gave acetylsalicylic acid [ASA] daily.", "ASA", "acetylsalicylic acid"),
        ("Serotonin (5-hydroxytryptamine, 5-HT) was low.", "5-HT", "5-hydroxytryptamine"),
        ("Chronic renal failure (CRF; stage 4) and more.", "CRF", "Chronic renal failure"),
        ("Atrial septal defects (ASDs) close late.", "ASD", "Atrial septal defects"),
    ],
)
def test_a_definition_is_found_either_way_round(text: str, short: str, long: str) -> None:
    assert abbreviations(text)[short] == long


@pytest.mark.parametrize(
    "text",
    [
        "Of all patients (n = 12) some improved.",
        "They were young (34 years).",
        "A rise was seen (see Table 2).",
        "Nothing here defines it (XYZ).",
        "One sentence ends. Another begins (OB).",
        "",
        "((((",
        "a ) b ( c",
    ],
)
def test_what_stands_in_brackets_is_not_always_a_short_form(text: str) -> None:
    assert abbreviations(text) == {}


def test_the_first_definition_counts() -> None:
    assert abbreviations("Mitral stenosis (MS) is not multiple sclerosis (MS).") == {"MS": "Mitral stenosis"}


@pytest.mark.parametrize("hostile", ["(" * 300_000, "a(" * 150_000, "(a b) " * 50_000, "x" * 150 + " (AB) ", "\u0130 (AB)" * 30_000])
def test_time_grows_with_the_length_of_the_text_only(hostile: str) -> None:
    start = time.process_time()
    abbreviations(hostile * (1 if len(hostile) > 1000 else 2_000))
    assert time.process_time() - start < 5.0
