"""The tables of the log's index: what is looked up by question, by document and by entity."""

INDEX_FORMAT = 2
"""Version of the layout: an index of another one is made anew from the log."""

OBSERVATION = (
    "id",
    "at",
    "document",
    "head",
    "head_type",
    "head_name",
    "relation",
    "tail",
    "tail_type",
    "tail_name",
    "confidence",
    "raw_score",
    "polarity",
    "quote",
    "published",
    "source",
    "publication_types",
    "journal",
    "stated_start",
    "stated_end",
    "stated_origin",
    "revision",
    "reader",
)
"""Columns of an observation; moments are whole microseconds since 1970, publication types JSON."""

FOLDED = (
    "id",
    "at",
    "document",
    "head",
    "head_type",
    "relation",
    "tail",
    "tail_type",
    "confidence",
    "polarity",
    "quote",
    "stated_start",
    "stated_end",
    "revision",
    "reader",
)
"""What the fold needs of them."""

JUDGED = ("name", "id", "at", "key", "sameness", "by_person", "label")
"""Columns of a judgement on a name, which goes by its provisional key."""

LINE = ("document", "published", "source", "publication_types", "journal", "at")
"""Columns of what an observation made elsewhere says of its document; no journal is an empty one."""

TABLES = f"""
CREATE TABLE state (format INTEGER NOT NULL, log TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE batch (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, everything INTEGER, observations INTEGER);
CREATE TABLE touched (position INTEGER, document TEXT, low TEXT, high TEXT, PRIMARY KEY (position, document, low, high)) WITHOUT ROWID;
CREATE TABLE said (low TEXT NOT NULL, high TEXT NOT NULL, {", ".join(OBSERVATION)});
CREATE TABLE line (
  document TEXT, published TEXT, source TEXT, publication_types TEXT, journal TEXT, at INTEGER,
  PRIMARY KEY (document, published, source, publication_types, journal)
) WITHOUT ROWID;
CREATE TABLE vote (key TEXT, is_name INTEGER, value TEXT, documents INTEGER, PRIMARY KEY (key, is_name, value)) WITHOUT ROWID;
CREATE TABLE called (words TEXT, key TEXT, PRIMARY KEY (words, key)) WITHOUT ROWID;
CREATE TABLE judged ({", ".join(JUDGED)}, PRIMARY KEY (name, id)) WITHOUT ROWID;
CREATE TABLE news (position INTEGER, name TEXT, id TEXT, at INTEGER, PRIMARY KEY (position, name, id, at)) WITHOUT ROWID;
CREATE TABLE withdrawn (id TEXT PRIMARY KEY, at INTEGER) WITHOUT ROWID;
CREATE TABLE record (
  kind TEXT, document TEXT, id TEXT, at INTEGER, body TEXT, notice TEXT, PRIMARY KEY (kind, document, id)
) WITHOUT ROWID;
"""

INDEXES = """
CREATE INDEX IF NOT EXISTS said_question ON said (low, high);
CREATE INDEX IF NOT EXISTS said_high ON said (high);
CREATE INDEX IF NOT EXISTS said_document ON said (document);
CREATE INDEX IF NOT EXISTS judged_key ON judged (key) WHERE sameness = 'same';
CREATE INDEX IF NOT EXISTS record_notice ON record (notice) WHERE notice IS NOT NULL;
"""

# The index by document stays: whether a document has spoken before is asked while rows come in.
DROP_INDEXES = "DROP INDEX said_question; DROP INDEX said_high; DROP INDEX record_notice;"
