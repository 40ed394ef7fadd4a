"""`reread`: documents of the log again that an older model, prompt or schema has read; their files are not needed."""

from collections.abc import Iterator
from datetime import date

from flows.engine.collecting import Ingestion
from flows.home.homes import Home
from flows.jobs.ingesting import Way, ingest_documents
from pipeline.formats.documents import Item
from pipeline.intake.document_events import on_record
from schema.document import Document
from schema.records import Deletion, Tally

PLACE = "the log"


async def reread_documents(home: Home, again: str, since: date | None, until: date | None, way: Way) -> list[Tally]:
    """Read what the log holds the text of and its reading is older in this respect; this reader comes first from now on."""
    wanted = Ingestion((), since.isoformat() if since else None, until.isoformat() if until else None, again=again)
    return await ingest_documents(home, wanted, way, documents_in_log(home))


def documents_in_log(home: Home) -> Iterator[tuple[Item, str]]:
    """Each revision of each document whose text was recorded, and where it comes from; deleted ones are left out."""
    perhaps = {recorded.record.document for recorded in home.log.records(Deletion)}
    deleted = {key for key, known in on_record(home.log, home.rules, perhaps).items() if known.deleted} if perhaps else set()
    return ((recorded.record, PLACE) for recorded in home.log.records(Document) if recorded.record.id not in deleted)
