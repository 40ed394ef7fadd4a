"""Each retriever in the library that it is for, as that library calls it; skipped where the extra is not installed."""

from datetime import date
from typing import Any

import pytest

from flows.home.homes import open_home
from flows.integrations.told_facts import FactsTold
from flows.jobs.observing import observe_file
from pipeline.retrieving.fact_filter import FactFilter
from schema.errors import WrongUse
from schema.fact import Status
from tests.conftest import ROOT

pytestmark = pytest.mark.filterwarnings("ignore")  # what the libraries warn of is theirs
QUESTION = "Does flecainide cause cardiac arrhythmias?"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> FactsTold:
    home = open_home(tmp_path_factory.mktemp("retrievers") / "home", graph="memory:")
    observe_file(home, ROOT / "examples" / "demo" / "curated.jsonl")
    return FactsTold(home, limit=5)


def check(texts: list[str], data: list[dict[str, Any]]) -> None:
    assert texts[0].startswith("[1] flecainide cause cardiac arrhythmias (belief 1.00, since 1989-08-10")
    assert "DEMO:cast-1989" in texts[0]
    assert data[0]["documents"][0] == "DEMO:cast-1989"
    assert (data[0]["status"], data[1]["status"], data[1]["until"]) == ("current", "superseded", "1989-08-10")


def test_facts_are_texts_with_what_they_are(facts: FactsTold) -> None:
    found = facts.to(QUESTION)
    check([each.text for each in found], [each.data for each in found])
    assert len(facts.to(QUESTION, 1)) == 1
    earlier = FactsTold(facts.home, as_of=date(1985, 1, 1), wanted=FactFilter(frozenset({Status.CURRENT})))
    assert earlier.to(QUESTION)[0].data["relation"] == "prevent"


def test_langchain_invokes_it_and_chains_it(facts: FactsTold) -> None:
    pytest.importorskip("langchain_core")
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough

    from flows.integrations.langchain_retriever import LangChainRetriever

    retriever = LangChainRetriever(facts=facts)
    found = retriever.invoke(QUESTION)
    check([each.page_content for each in found], [each.metadata for each in found])
    told = RunnableLambda(lambda documents: "\n".join(each.page_content for each in documents))
    prompt = ChatPromptTemplate.from_messages([("system", "Evidence: {context}"), ("user", "{question}")])
    asked = ({"context": retriever | told, "question": RunnablePassthrough()} | prompt).invoke(QUESTION)
    assert "CAST" in asked.to_string() or "cast-1989" in asked.to_string()


def test_llama_index_retrieves_nodes_and_answers_from_them(facts: FactsTold) -> None:
    pytest.importorskip("llama_index.core")
    from llama_index.core.llms import MockLLM
    from llama_index.core.query_engine import RetrieverQueryEngine

    from flows.integrations.llama_index_retriever import LlamaIndexRetriever

    retriever = LlamaIndexRetriever(facts)
    found = retriever.retrieve(QUESTION)
    check([each.node.get_content() for each in found], [each.node.metadata for each in found])
    assert found[0].score == pytest.approx(0.9983)
    answer = RetrieverQueryEngine.from_args(retriever, llm=MockLLM()).query(QUESTION)
    assert "cast-1989" in str(answer)  # which repeats what it was asked


def test_graphrag_searches_it_and_hands_it_to_a_model(facts: FactsTold) -> None:
    pytest.importorskip("neo4j_graphrag")
    from neo4j_graphrag.generation import GraphRAG
    from neo4j_graphrag.llm import LLMInterface, LLMResponse

    from flows.integrations.graphrag_retriever import GraphRagRetriever

    class Repeating(LLMInterface):
        def invoke(self, input: str, *_: Any, **__: Any) -> LLMResponse:
            return LLMResponse(content=input)

        async def ainvoke(self, input: str, *_: Any, **__: Any) -> LLMResponse:
            return LLMResponse(content=input)

    retriever = GraphRagRetriever(facts)
    found = retriever.search(query_text=QUESTION, top_k=2)
    assert len(found.items) == 2
    check([each.content for each in found.items], [each.metadata or {} for each in found.items])
    answer = GraphRAG(retriever, Repeating("none")).search(QUESTION, retriever_config={"top_k": 3})
    assert "cast-1989" in answer.answer
    with pytest.raises(WrongUse, match="no records"):
        retriever.get_search_results()
