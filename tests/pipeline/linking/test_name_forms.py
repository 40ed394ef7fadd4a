"""When two names are one: what writing alone changes counts for nothing."""

from schema.entity_names import provisional_key


def test_a_name_with_characters_that_nobody_sees_is_the_same_name() -> None:
    assert provisional_key("Chemical", "met\u00adfor\u200bmin") == provisional_key("Chemical", "\uff2detformin") == "NAME:Chemical/metformin"
