"""A retriever for neo4j-graphrag (extra `graphrag`): dated, cited facts for its GraphRAG, without a vector index."""

from typing import Any

from neo4j_graphrag.retrievers.base import Retriever
from neo4j_graphrag.types import RawSearchResult, RetrieverResult, RetrieverResultItem

from flows.integrations.told_facts import FactsTold
from schema.errors import WrongUse


class GraphRagRetriever(Retriever):
    """Answers from the home's evidence log, so it needs no driver, and holds closed facts back as `ask` does.

    GraphRAG(retriever=GraphRagRetriever(FactsTold(open_home("my-graph"))), llm=…).search("does flecainide prevent arrhythmias?")
    """

    VERIFY_NEO4J_VERSION = False

    def __init__(self, facts: FactsTold) -> None:
        self._facts = facts

    def search(self, query_text: str, top_k: int | None = None, **_: Any) -> RetrieverResult:
        """The facts that answer a question, at most `top_k`."""
        found = self._facts.to(query_text, top_k)
        items = [RetrieverResultItem(content=each.text, metadata={**each.data, "score": each.score}) for each in found]
        return RetrieverResult(items=items, metadata={"__retriever": type(self).__name__})

    def get_search_results(self, *_: Any, **__: Any) -> RawSearchResult:
        """Records of a database there are none; raises WrongUse."""
        raise WrongUse("facts of a home are no records of a database: call search, which GraphRAG does")
