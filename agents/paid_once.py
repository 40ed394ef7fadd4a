"""Paying for each answer once: an extractor, and a finder of names, with a cache behind them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from agents.names.names_by_votes import Finder, FoundMentions
from schema.document import Document, Mention
from schema.ids import stable_id
from schema.observation import Claim, Reader
from schema.ports import Extraction, Extractor, ReplyCache
from schema.usage import Usage

FROM_CACHE = Usage(cached=1)

_CLAIMS = TypeAdapter(tuple[Claim, ...])
_PLACES = TypeAdapter(tuple[tuple[int, int, str, str], ...])


T = TypeVar("T")


class PaidOnce(Generic[T]):
    """Asks for what a cache lacks; of several who want one thing at the same time, one asks and the others wait. Failures are not kept.

    `write` and `read` are its form in the cache; `read` raises ValidationError for an older form, which is asked for again.
    """

    def __init__(self, cache: ReplyCache, write: Callable[[T], str], read: Callable[[str], T]) -> None:
        self._cache, self._write, self._read = cache, write, read
        self._asked: dict[str, asyncio.Future[str]] = {}

    async def get(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """What the cache has under the key, else what is answered now."""
        if (known := self._known(key)) is not None:
            return known
        if key in self._asked:
            return self._read(await asyncio.shield(self._asked[key]))
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        asked.add_done_callback(lambda future: future.cancelled() or future.exception())  # nobody else may be waiting
        try:
            answer = await ask()
            self._cache.put(key, written := self._write(answer))
        except BaseException as error:
            asked.set_exception(error) if isinstance(error, Exception) else asked.cancel()
            raise
        finally:
            self._asked.pop(key, None)
        asked.set_result(written)
        return answer

    def _known(self, key: str) -> T | None:
        kept = self._cache.get(key)
        try:
            return None if kept is None else self._read(kept)
        except ValidationError:  # of an older form: ask again
            return None


class CachedExtractor:
    """Reads through a cache: same text and mentions, same reader, same settings, same answer. Failures are not kept.

    An answer from the cache is counted as such: nothing was paid for it.
    """

    def __init__(self, extractor: Extractor, cache: ReplyCache, settings: str = "") -> None:
        self._extractor = extractor
        self._settings = settings
        self._once: PaidOnce[Extraction] = PaidOnce(cache, _written, lambda kept: Extraction(_CLAIMS.validate_json(kept), FROM_CACHE))

    @property
    def reader(self) -> Reader:
        """The identity of the extractor inside."""
        return self._extractor.reader

    async def read(self, document: Document) -> Extraction:
        """See the port. Of several readings of one text at the same time, one asks and the others wait for it."""
        return await self._once.get(self._key(document), lambda: self._extractor.read(document))

    def _key(self, document: Document) -> str:
        mentions = [[m.start, m.end, m.type, m.identifiers] for m in document.mentions]
        breaks = [len(passage.text) for passage in document.passages]  # where sentences, and so quotes, cannot run on
        return stable_id("extraction-1", document.text, breaks, mentions, self.reader.name, self._settings)


def _written(extraction: Extraction) -> str:
    return json.dumps([asdict(claim) for claim in extraction.claims], ensure_ascii=True)


class CachedFinder:
    """Finds names through a cache: same text, same known names, same model, prompt and bounds, same names; whatever they are linked to."""

    def __init__(self, finder: Finder, cache: ReplyCache) -> None:
        self._finder = finder
        self._once: PaidOnce[FoundMentions] = PaidOnce(
            cache,
            lambda found: json.dumps([(m.start, m.end, m.text, m.type) for m in found.mentions], ensure_ascii=True),
            lambda kept: FoundMentions(tuple(Mention(*place) for place in _PLACES.validate_json(kept)), FROM_CACHE),
        )

    @property
    def prompt(self) -> str:
        """The prompt of the finder inside."""
        return self._finder.prompt

    @property
    def asked_of(self) -> str:
        """What the answers of the finder inside depend on."""
        return self._finder.asked_of

    @property
    def takes_known(self) -> bool:
        """Whether the finder inside does."""
        return self._finder.takes_known

    async def find(self, document: Document, known: Sequence[str] = ()) -> FoundMentions:
        """See the protocol."""
        breaks = [len(passage.text) for passage in document.passages]
        given = [list(known)] if known and self.takes_known else []
        key = stable_id("mentions-1", document.text, breaks, self._finder.asked_of, *given)
        return await self._once.get(key, lambda: self._finder.find(document, known))
