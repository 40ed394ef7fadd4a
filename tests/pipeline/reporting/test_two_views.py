"""The graph on two days: the same places in both, edges that reach their entities, names that can be read."""

from datetime import date

from pipeline.believing.evidence import Evidence
from pipeline.believing.rules import Rules
from pipeline.reporting.layout import LABEL_HEIGHT, LABEL_WIDTH, positions
from pipeline.reporting.two_views import two_views
from schema.ids import EntityKey


def test_the_graph_on_two_days_marks_what_fell_and_what_is_new(evidence: Evidence, rules: Rules) -> None:
    drawn = two_views(evidence, rules, {}, (date(2005, 1, 1), date(2011, 1, 1)))
    assert {edge["relation"]: edge["state"] for edge in drawn.first.edges} == {"prevent": "falls"}
    assert {edge["relation"]: edge["state"] for edge in drawn.second.edges} == {"prevent": "fallen", "cause": "new"}
    assert [(n["key"], n["x"], n["y"]) for n in drawn.first.nodes] == [(n["key"], n["x"], n["y"]) for n in drawn.second.nodes]


def test_names_in_the_graph_do_not_cover_each_other() -> None:
    pairs = [(EntityKey(f"hub {n // 9}"), EntityKey(f"leaf {n}")) for n in range(40)]
    pairs += [(EntityKey(f"leaf {n}"), EntityKey(f"leaf {n + 7}")) for n in range(0, 30, 11)]
    places, height = positions(pairs, 720)
    spots = sorted(places.values())
    for number, (x, y) in enumerate(spots):
        assert 0 <= x <= 720
        assert 0 <= y <= height
        for other_x, other_y in spots[number + 1 :]:
            assert abs(x - other_x) >= LABEL_WIDTH - 2 or abs(y - other_y) >= LABEL_HEIGHT - 2
    assert positions(pairs[::-1], 720) == (places, height)


def test_edges_begin_and_end_at_their_entities_also_side_by_side(evidence: Evidence, rules: Rules) -> None:
    drawn = two_views(evidence, rules, {}, (date(2005, 1, 1), date(2011, 1, 1)))
    places = sorted([node["x"], node["y"]] for node in drawn.second.nodes)
    bends = []
    for edge in drawn.second.edges:
        first, towards, last = edge["points"]
        assert sorted([first, last]) == places
        bends.append(towards)
    assert bends[0] != bends[1]
    assert all(edge["words_x"] is not None for edge in drawn.second.edges)
