"""A retriever for LangChain (extra `langchain`): dated, cited facts as documents."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from flows.integrations.told_facts import FactsTold


class LangChainRetriever(BaseRetriever):
    """Each fact that answers a question is a document: its text is numbered, dated and cited, its metadata say what it is.

    LangChainRetriever(facts=FactsTold(open_home("my-graph"))).invoke("does flecainide prevent arrhythmias?")
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    facts: FactsTold

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document(page_content=each.text, metadata=each.data) for each in self.facts.to(query)]
