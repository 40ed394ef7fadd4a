"""Resources of entities: found by name, in short, their facts page by page, their timeline; and paths from one to another."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from flows.api.answer_shapes import EntityShape, FactsShape, FoundShape, PathsShape, TimelineShape
from flows.api.asked_values import MAY_READ, After, Asked, KnownAt, Limit, Name, NameText, Threads, Wanted, Word, there
from flows.api.described import answers
from flows.home.homes import Home

router = APIRouter(tags=["entities"], dependencies=[MAY_READ])

Key = Annotated[
    str, Path(min_length=1, max_length=500, description="A key, or a name that is only one entity's.", examples=["MESH:D005424"])
]


@router.get("/entities", **answers("search_entities", FoundShape, "What the name may be; an empty list where nothing is known of it"))
async def _search(
    request: Request,
    threads: Threads,
    q: Name,
    type: Annotated[Word | None, Query(description="Only this type of the ontology.")] = None,
    known_at: KnownAt = None,
    limit: Limit = 10,
) -> Response:
    from flows.answers.entities import found_entities
    from pipeline.finding.found_entities import candidates_as_data

    def found(home: Home) -> object:
        if type is not None:
            there(lambda: home.rules.ontology.check_type(type))
        return {"query": q, "entities": candidates_as_data(found_entities(home, q, type, limit, known_at))}

    return await threads.answered(request, found)


# A key may hold slashes: what is behind it is looked for first.
@router.get("/entities/{key:path}/facts", **answers("entity_facts", FactsShape, "A page of its facts, by default those that hold"))
async def _facts(
    request: Request, threads: Threads, key: Key, state: Asked, wanted: Wanted, limit: Limit = 50, after: After = None
) -> Response:
    from flows.answers.facts_asked import facts_about

    def told(home: Home) -> object:
        which = wanted.as_filter(home)
        return facts_about(home, key, as_of=state.as_of, known_at=state.known_at, wanted=which, limit=limit, after=after)

    return await threads.answered(request, told)


@router.get("/entities/{key:path}/timeline", **answers("entity_timeline", TimelineShape, "All that was ever held about it"))
async def _timeline(request: Request, threads: Threads, key: Key, state: Asked) -> Response:
    from flows.answers.answers_from_log import timeline_of

    return await threads.answered(request, lambda home: timeline_of(home, key, state.as_of, state.known_at))


@router.get("/entities/{key:path}", **answers("entity", EntityShape, "The entity in short"))
async def _entity(request: Request, threads: Threads, key: Key, state: Asked) -> Response:
    from flows.answers.facts_asked import entity_card

    return await threads.answered(request, lambda home: entity_card(home, key, as_of=state.as_of, known_at=state.known_at))


@router.get("/paths", **answers("paths", PathsShape, "Ways from one entity to the other"))
async def _paths(
    request: Request,
    threads: Threads,
    start: Annotated[NameText, Query(alias="from", description="A key or a name.", examples=["rofecoxib"])],
    goal: Annotated[NameText, Query(alias="to", description="A key or a name.", examples=["PTGS2"])],
    state: Asked,
    wanted: Wanted,
    most_steps: Annotated[int, Query(ge=1, le=4, description="Facts in one path at most.")] = 3,
    limit: Annotated[int, Query(ge=1, le=50, description="Paths at most.")] = 5,
) -> Response:
    from flows.answers.facts_asked import paths_between

    def told(home: Home) -> object:
        which, (as_of, known_at) = wanted.as_filter(home), (state.as_of, state.known_at)
        return paths_between(home, start, goal, as_of=as_of, known_at=known_at, wanted=which, most_steps=most_steps, limit=limit)

    return await threads.answered(request, told)
