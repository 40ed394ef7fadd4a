"""What ChronoKG itself costs around the model: processor time for each document, against a server that answers at once.

python -m benchmarks.models.around BIORED.PubTator --documents 100
"""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime

from agents.asking.concurrency import ask_many
from agents.models.served_model import ServedModel
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations
from benchmarks.common import BIOMEDICAL, gold_documents, gold_options
from pipeline.intake.batches import dated, read_batch
from schema.dates import PartialDate
from schema.ports import Extraction

SERVER = """
import sys, time
from agents.serving.protocols import Dialect
from tests.agents.fakes import FakeServer

with FakeServer(Dialect.VLLM) as server:
    server.likes = {" none": 40.0, " treats": 30.0}
    server.answers = ['{"claims":[{"head":"C1","relation":"treat","tail":"D1","polarity":"asserts"}]}']
    print(server.url, flush=True)
    sys.stdin.read()
"""


def main() -> None:
    given = gold_options(__doc__, 100).parse_args()
    day = PartialDate.parse("2001-01-01")
    documents = [dated(one.document, {}, day) for one in gold_documents(given.gold, given.documents)]
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = server.stdout.readline().strip()

    async def run() -> None:
        model = ServedModel(url)
        for way in (LabelRelations(model, BIOMEDICAL), VoteRelations(model, BIOMEDICAL)):
            await ask_many(way.read, documents[:5], 8)  # imports, connections
            begun = time.process_time()
            results = await ask_many(way.read, documents, 8)
            read = time.process_time()
            read_batch(documents, results, way.reader, "", BIOMEDICAL, datetime.now(UTC))
            grounded = time.process_time()
            found = [result for result in results if isinstance(result, Extraction)]
            requests = sum(result.usage.requests for result in found)
            claims = sum(len(result.claims) for result in found)
            reading, grounding = ((end - start) / len(documents) * 1e3 for start, end in ((begun, read), (read, grounded)))
            print(
                f"{way.reader.method}: {reading:.2f} ms reading and {grounding:.2f} ms grounding a document;"
                f" {requests / len(documents):.1f} requests and {claims / len(documents):.1f} claims a document;"
                f" {len(documents) - len(found)} set aside"
            )
        await model.close()

    try:
        asyncio.run(run())
    finally:
        server.communicate()


if __name__ == "__main__":
    main()
