"""What a run changed its mind about, from the facts that it changed and the log: one line for each."""

from datetime import datetime, timedelta
from typing import Any

from flows.answers.entities import as_shown
from flows.home.homes import Home
from pipeline.line import history_of
from pipeline.reporting.run_changes import changes_told
from pipeline.updating.changed_facts import ChangedFacts


def changes_of_run(home: Home, changed: ChangedFacts, began: datetime, most: int = 50) -> dict[str, Any]:
    """The `most` weighty facts that a run overturned, withdrew, let come back or contested, by the log; see changes_told.

    `began` is a moment (UTC) before anything that the run recorded: what was known before it is known from the log.
    """
    changes, left_out = changed.moved(most)
    if not changes:
        return {"lines": [], "left_out": left_out}
    questions = {home.rules.question(change.triple) for change in changes}
    moments = (began - timedelta(microseconds=1), None)
    before, now = (history_of(home.log, home.rules, questions, known_at=moment, histories=False) for moment in moments)
    return changes_told(changes, left_out, before, now, lambda entities: as_shown(home, entities))
