"""Homes that are watched, and what is read in them."""

from pathlib import Path

from flows.home.homes import Home
from tests.flows.commands.running import paper
from tests.flows.jobs.reading_here import home_at

SECRET_TEXT = "Drug one relieves illness one."
PAPERS = [paper(number, f"{1990 + number}-03", SECRET_TEXT) for number in range(1, 7)]
PASSWORD = "correct-horse-battery"


def watched_home(path: Path, model: str, **flags: object) -> Home:
    return home_at(path, model, **{"batch": 2, "graph_password": PASSWORD, "model_key": PASSWORD, **flags})
