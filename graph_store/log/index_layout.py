"""The tables of the log's index: what is looked up by question, by document and by entity.

Moments are whole microseconds since 1970, lists are JSON; no journal of a line is an empty one.
"""

from schema.columns import CITATION, JUDGEMENT, OBSERVATION

INDEX_FORMAT = 4
"""Version of the layout: an index of another one is made anew from the log."""

JUDGED = tuple(name for name in JUDGEMENT if name != "withdrawn")
"""Columns of a judgement on a name; when it was withdrawn stands by itself."""

TABLES = f"""
CREATE TABLE state (format INTEGER NOT NULL, log TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL);
CREATE TABLE batch (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, everything INTEGER, observations INTEGER);
CREATE TABLE touched (position INTEGER, document TEXT, low TEXT, high TEXT, PRIMARY KEY (position, document, low, high)) WITHOUT ROWID;
CREATE TABLE said (low TEXT NOT NULL, high TEXT NOT NULL, {", ".join(OBSERVATION)});
CREATE TABLE line ({", ".join(CITATION)}, PRIMARY KEY ({", ".join(list(CITATION)[:-1])})) WITHOUT ROWID;
CREATE TABLE vote (key TEXT, is_name INTEGER, value TEXT, documents INTEGER, PRIMARY KEY (key, is_name, value)) WITHOUT ROWID;
CREATE TABLE called (id INTEGER PRIMARY KEY, key TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (name, type, key));
CREATE TABLE form (form INTEGER NOT NULL, name INTEGER NOT NULL, PRIMARY KEY (form, name)) WITHOUT ROWID;
CREATE TABLE formed (version TEXT NOT NULL, last INTEGER NOT NULL);
CREATE TABLE short_form (short TEXT, long TEXT, document TEXT, PRIMARY KEY (short, long, document)) WITHOUT ROWID;
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
CREATE INDEX IF NOT EXISTS short_form_long ON short_form (long);
CREATE INDEX IF NOT EXISTS record_notice ON record (notice) WHERE notice IS NOT NULL;
"""

# The index by document stays: whether a document has spoken before is asked while rows come in.
DROP_INDEXES = "DROP INDEX said_question; DROP INDEX said_high; DROP INDEX record_notice;"
