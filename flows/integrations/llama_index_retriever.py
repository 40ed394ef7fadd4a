"""A retriever for LlamaIndex (extra `llamaindex`): dated, cited facts as nodes."""

from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from flows.integrations.told_facts import FactsTold


class LlamaIndexRetriever(BaseRetriever):
    """Each fact that answers a question is a node with its belief as score.

    LlamaIndexRetriever(FactsTold(open_home("my-graph"))).retrieve("does flecainide prevent arrhythmias?")
    """

    def __init__(self, facts: FactsTold, **options: Any) -> None:
        self._facts = facts
        super().__init__(**options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._facts.to(query_bundle.query_str)
        return [NodeWithScore(node=TextNode(text=each.text, metadata=each.data), score=each.score) for each in found]
