"""When two names are one: what writing alone changes counts for nothing."""

from schema.entity_names import provisional_key


def test_a_name_with_characters_that_nobody_sees_is_the_same_name() -> None:
    names = ("met\u00adfor\u200bmin", "\uff2detformin", "Metformin")
    assert {provisional_key("Chemical", name) for name in names} == {"NAME:Chemical/metformin"}
