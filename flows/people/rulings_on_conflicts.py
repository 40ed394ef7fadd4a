"""`rule`, `withdraw-ruling`, `rulings`: what persons decide about conflicts, and all that was ever ruled."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flows.answers.entities import entities_now, entity_called
from flows.home.homes import Home, now
from flows.jobs.adjudication_runs import conflicts_among
from pipeline.believing.evidence import latest_rulings
from pipeline.believing.gathering import rulings_in
from pipeline.conflicts.rulings import (
    all_rulings,
    check_has_a_say,
    checked_verdict,
    matter_between,
    matter_in_words,
    pending_in,
    persons_ruling,
    ruled_as_data,
    ruling_to_withdraw,
    settled,
    withdrawn_as_data,
)
from pipeline.intake.batches import event_batch
from pipeline.intake.set_aside_list import open_set_aside
from schema.conflict import Matter
from schema.ids import EntityKey
from schema.records import RulingWithdrawal


def record_ruling(home: Home, ends: tuple[str, str], relations: tuple[str, str], verdict: str, *, by: str, reason: str) -> dict[str, Any]:
    """A person rules on a conflict; ends by key or by name. It stands before any model's ruling, of now or of later."""
    wanted = checked_verdict(verdict, by, reason)
    with home.writing("rule"):
        matter = _matter(home, ends, relations)
        check_has_a_say(matter, home.rules)
        before, at = latest_rulings(rulings_in(home.log)).get(matter), now()
        ruling = persons_ruling(matter, wanted, by, reason, before, at)
        if ruling is not before:
            pending = pending_in(open_set_aside(home.log)).get(matter, ())
            home.record(event_batch(ruling, at, *settled(pending, "ruled on by a person", at)), "rule", at)
        home.bring_graph_along()
        disputed = bool(conflicts_among(home, [matter]))
    names = _called(home, matter[0])
    return ruled_as_data(ruling, before, names, told=matter_in_words(matter, names), disputed=disputed)


def withdraw(
    home: Home, ends: tuple[str, str], relations: tuple[str, str], *, by: str, reason: str = "", which: str | None = None
) -> dict[str, Any]:
    """Take back the ruling that stands on a conflict, or the one whose identity begins with `which`."""
    with home.writing("withdraw-ruling"):
        matter = _matter(home, ends, relations)
        names = _called(home, matter[0])
        told = matter_in_words(matter, names)
        ruling = ruling_to_withdraw(rulings_in(home.log), matter, which, told)
        home.record(event_batch(RulingWithdrawal(ruling.id, *matter, by, reason), at := now()), "withdraw-ruling", at)
        home.bring_graph_along()
        stands = latest_rulings(rulings_in(home.log)).get(matter)
    return withdrawn_as_data(ruling, stands, names, told)


def rulings_of(home: Home, known_at: datetime | None = None) -> list[dict[str, Any]]:
    """All rulings in the order in which they were recorded, with what became of each; as known at a moment."""
    evidence = rulings_in(home.log, known_at)
    return all_rulings(evidence, home.rules, _called(home, {end for recorded in evidence.rulings for end in recorded.record.ends}))


def _matter(home: Home, ends: tuple[str, str], relations: tuple[str, str]) -> Matter:
    named = home.rules.ontology.relation_called
    one, other = (entity_called(home, end, slips=False) for end in ends)
    return matter_between((one, other), (named(relations[0]), named(relations[1])))


def _called(home: Home, keys: Iterable[EntityKey]) -> dict[EntityKey, str]:
    return {key: entity.name for key, entity in entities_now(home, keys).items()}
