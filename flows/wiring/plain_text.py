"""Reading plain text: its names are found and linked, then it is read like a document that brings its mentions."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from agents.names.names_by_votes import Finder
from agents.reader import ReadingAgent
from flows.home.homes import Home
from flows.wiring.home_vocabularies import linking_by, names_known_in, vocabularies_of
from schema.document import Document, Mention
from schema.observation import Reader
from schema.ports import Extraction, Extractor
from schema.records import Judgement
from schema.usage import NOTHING_PAID

Linking = Callable[[str, Sequence[Mention]], tuple[Sequence[Mention], Sequence[Judgement]]]
"""From a text and mentions in it to the same with identifiers, and how their names were judged."""

Known = Callable[[str], Sequence[str]]
"""The names in a text that vocabularies have, as the text writes them."""


class PlainTextReader:
    """Reads each document with the mentions it brings; those without an identifier are linked, and where it has none at all they are found.

    Its identity is the same for all documents, whether names had to be found in them or not.
    """

    def __init__(self, inside: Extractor, finder: Finder, link: Linking, known: Known | None = None) -> None:
        self._inside = inside
        self._finder = finder
        self._link = link
        self._known = known

    @property
    def reader(self) -> Reader:
        """Both prompts are part of it."""
        inside = self._inside.reader
        return replace(inside, prompt=f"{inside.prompt}+{self._finder.prompt}")

    async def read(self, document: Document) -> Extraction:
        """See the port; the mentions that it returns are those that the document lacks."""
        given = tuple(mention for mention in document.mentions if mention.identifiers)
        usage = NOTHING_PAID
        if document.mentions:
            nameless = tuple(mention for mention in document.mentions if not mention.identifiers)
        else:
            wanted = self._known if self._finder.takes_known else None
            known = await asyncio.to_thread(wanted, document.text) if wanted else ()  # other documents' answers come in meanwhile
            found = await self._finder.find(document, known)
            nameless, usage = found.mentions, found.usage
        if not nameless:
            read = await self._inside.read(document)
            return replace(read, usage=usage + read.usage)
        linked, judgements = self._link(document.text, nameless)
        read = await self._inside.read(replace(document, mentions=in_order((*given, *linked))))
        return Extraction(read.claims, usage + read.usage, tuple(linked), tuple(judgements))


def in_order(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """By their places in the text."""
    return tuple(sorted(mentions, key=lambda mention: (mention.start, mention.end)))


def reading_plain_text(agent: ReadingAgent, home: Home) -> ReadingAgent:
    """The agent, able to read plain text by the home's vocabularies; a script, which answers by document, stays as it is."""
    if agent.finder is None:
        return agent
    held = ExitStack()
    store = held.enter_context(vocabularies_of(home))

    async def close() -> None:
        held.close()
        await agent.close()

    reader = PlainTextReader(agent, agent.finder, linking_by(home, store), names_known_in(home, store))
    return ReadingAgent(reader, close, agent.finder, agent.map)
