"""What answers cost is noted where they come in."""

import asyncio

import pytest

from agents.models.forecast import ForecastModel, Measured, by_rule
from agents.reader import ReadingAgent
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations
from agents.serving.protocols import Dialect
from schema.document import Document
from schema.errors import ModelFailed, ModelUnavailable
from schema.observation import Reader
from schema.ports import Extraction
from schema.usage import NOTHING_PAID, Usage, charge, usage_account
from tests.agents.fakes import BIOMEDICAL, FakeModel, FakeServer, aspirin

ONE = Usage(1, 100, 10)


class Paying:
    """Pays, and then fails."""

    reader = Reader("labels", "m", "p", "s")
    settings = ""

    def __init__(self, failure: ModelFailed) -> None:
        self.failure = failure

    async def read(self, document: Document) -> Extraction:
        charge(ONE)
        await asyncio.sleep(0)
        raise self.failure


def test_an_account_has_what_is_paid_inside_also_in_tasks_and_in_accounts_of_their_own() -> None:
    async def ask() -> None:
        charge(ONE)

    async def read() -> tuple[Usage, Usage, Usage]:
        with usage_account() as outer:
            with usage_account() as inner:
                await asyncio.gather(ask(), asyncio.create_task(ask()))
            between = outer.usage
            charge(ONE)
        charge(ONE)
        return outer.usage, inner.usage, between

    assert asyncio.run(read()) == (ONE + ONE + ONE, ONE + ONE, ONE + ONE)


@pytest.mark.parametrize("kind", [ModelFailed, ModelUnavailable])
def test_a_failure_says_what_was_paid_and_stays_what_it_is(kind: type[ModelFailed]) -> None:
    agent = ReadingAgent(Paying(kind("no", "the reply")))
    with pytest.raises(kind, match="no") as told:
        asyncio.run(agent.read(aspirin()))
    assert (type(told.value), told.value.reply, told.value.usage) == (kind, "the reply", ONE)


def test_documents_side_by_side_have_an_account_each() -> None:
    agent = ReadingAgent(Paying(ModelFailed("no")))

    async def all_of_them() -> list[object]:
        return await asyncio.gather(*(agent.read(aspirin(f"PMID:{n}")) for n in range(5)), return_exceptions=True)

    found = asyncio.run(all_of_them())
    assert [error.usage for error in found if isinstance(error, ModelFailed)] == [ONE] * 5


class Ruler:
    """Tells the length of a text as a server of some dialect would."""

    name = "m"

    def __init__(self, dialect: Dialect, tokens: bool = True, away: bool = False) -> None:
        self.dialect, self.tokens, self.away, self.asked = dialect, tokens, away, 0

    async def measure(self, text: str) -> Measured:
        self.asked += 1
        if self.away:
            raise ModelUnavailable("away")
        return Measured(self.dialect, 64, 4 if self.dialect is Dialect.LLAMACPP else None, len(text.split()) if self.tokens else None)

    async def close(self) -> None:
        pass


def forecast(ruler: Ruler, votes: int | None = None) -> ForecastModel:
    model = ForecastModel(ruler, votes or 1)
    extractor = VoteRelations(model, BIOMEDICAL, votes=votes) if votes else LabelRelations(model, BIOMEDICAL)

    async def read() -> None:
        for number in (1, 2):
            try:
                await extractor.read(aspirin(f"PMID:{number}"))
            except ModelFailed:
                continue

    asyncio.run(read())
    return model


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_forecast_counts_the_questions_that_a_reader_would_ask(dialect: Dialect) -> None:
    model, fake = forecast(Ruler(dialect)), FakeModel()
    asyncio.run(LabelRelations(fake, BIOMEDICAL).read(aspirin()))
    ((_, queries, _),) = fake.asked
    assert model.low.completion_tokens == model.high.completion_tokens == 2 * len(queries) + 1  # and one for the labels
    assert model.low.prompt_tokens <= model.likely.prompt_tokens <= model.high.prompt_tokens
    assert model.is_measured


def test_a_server_that_may_cache_nothing_is_reckoned_to_compute_every_prompt_whole() -> None:
    cached, whole = (forecast(Ruler(dialect)) for dialect in (Dialect.LLAMACPP, Dialect.OPENAI))
    assert whole.likely.prompt_tokens > 3 * cached.likely.prompt_tokens


def test_votes_range_from_the_first_round_to_all_of_them() -> None:
    model = forecast(Ruler(Dialect.VLLM), votes=20)
    assert (model.low.requests, model.high.requests) == (1, 1)  # the same question twice is a further round
    assert model.low.completion_tokens < model.likely.completion_tokens < model.high.completion_tokens


def test_where_the_server_is_away_it_is_tried_once_and_a_rule_counts() -> None:
    ruler = Ruler(Dialect.VLLM, away=True)
    model = forecast(ruler)
    assert (ruler.asked, model.is_measured) == (1, False)
    assert model.low.prompt_tokens > 0
    assert (by_rule("A drug."), by_rule("1,000 mg"), by_rule("")) == (3, 6, 0)


def test_what_a_stand_in_says_is_never_kept() -> None:
    class Cache:
        def get(self, key: str) -> str | None:
            return None

        def put(self, key: str, value: str) -> None:
            raise AssertionError

    agent = ReadingAgent(LabelRelations(FakeModel({"C1 D1:": "treats"}), BIOMEDICAL), cache=Cache(), read_only=True)
    assert asyncio.run(agent.read(aspirin())).claims


def test_a_served_model_bills_also_what_came_before_a_failure(vllm: FakeServer) -> None:
    from agents.reader import make_extractor

    vllm.answers = ["no", "never"]

    async def read() -> Usage | None:
        agent = make_extractor(vllm.url, reading="votes", ontology=BIOMEDICAL, votes=6)
        try:
            await agent.read(aspirin())
        except ModelFailed as error:
            return error.usage
        finally:
            await agent.close()
        return NOTHING_PAID

    usage = asyncio.run(read())
    asked = vllm.counts["/v1/chat/completions"]
    assert usage == Usage(asked, 50 * asked, 7 * asked)
