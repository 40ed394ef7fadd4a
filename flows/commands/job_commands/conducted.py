"""Commands that are jobs: from flags to a job's parameters, and from its result to what is shown."""

from typing import Any, NoReturn

from flows.commands.options import Call
from flows.home.homes import Home
from flows.scheduling.conducting import run_job
from flows.scheduling.parameters import JobParameters
from flows.timetable.plans import P, checked_parameters


def parameters_of(kind: type[P], home: Home, **given: Any) -> P:
    """The parameters of a job in this home, with the settings that were given as flags; who sits before it is told at once what fails.

    Raises WrongUse naming what cannot be right.
    """
    patience = {"patience": 0.0} if "patience" in kind.model_fields else {}
    told = {name: value for name, value in given.items() if value is not None}
    return checked_parameters(kind, {"home": str(home.path), "settings": settings_given(home), **patience, **told})


def settings_given(home: Home) -> dict[str, Any]:
    """The settings that were given as flags: a job is told these, and finds the others in its home."""
    return {name: getattr(home.settings, name) for name, origin in home.origins.items() if origin == "flag"}


def show_result(call: Call, parameters: JobParameters, home: Home) -> NoReturn:
    """Run the job, show what became of everything, and end with the exit code that says whether that is all."""
    result = run_job(parameters, home)
    if result.tallies:
        call.show_tallies(result.tallies, dict(result.data), *result.words)
    call.show(result.as_data(), lambda _: result.in_words())
    call.end(short=bool(result.failed))
