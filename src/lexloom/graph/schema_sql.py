"""The tables of a graph file; `connection` creates them, `ingest` and `resolve` fill them.

The level that nothing rewrites is the mention: a span of one document that bears a name. A name is
an exact spelling with a type. An entity is a set of names, joined by the rows of `merges` that are
not undone, and a fact joins two entities because its evidence joins their mentions; so entities and
facts can always be made again from the rows below them, which makes every merge reversible.

The pages of a document are a JSON list of the offsets that they start at, or NULL. A reading is one
document as one model read it by one schema; its zero-shot types are the tables of the schema, such
as ``entities.drug``, that the model was not trained on. Every foreign key has an index, for a
deletion looks up the rows that point at what it deletes.
"""

APPLICATION_ID = 0x4C784772
"""Marks an SQLite file as a Lexloom graph: the letters ``LxGr``."""

SCHEMA_VERSION = 3
"""Version of the tables; a file with a greater one was written by a newer Lexloom."""

_ZERO_SHOT_TYPES = """
    CREATE TABLE zero_shot_types (
        reading_id INTEGER NOT NULL REFERENCES readings (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        PRIMARY KEY (reading_id, name)
    ) WITHOUT ROWID
    """

MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: ("ALTER TABLE documents ADD COLUMN pages TEXT",),
    2: (_ZERO_SHOT_TYPES,),
}
"""What makes the tables of a version those of the next one."""

STATEMENTS = (
    """
    CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        sha256 TEXT NOT NULL,
        text TEXT,
        pages TEXT
    )
    """,
    """
    CREATE TABLE readings (
        id INTEGER PRIMARY KEY,
        document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        model TEXT NOT NULL,
        model_hash TEXT NOT NULL,
        schema_hash TEXT NOT NULL,
        version TEXT NOT NULL,
        time TEXT NOT NULL,
        characters INTEGER NOT NULL,
        characters_read INTEGER NOT NULL,
        UNIQUE (document_id, model, model_hash, schema_hash)
    )
    """,
    _ZERO_SHOT_TYPES,
    """
    CREATE TABLE entities (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        type TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE names (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        entity_id INTEGER NOT NULL REFERENCES entities (id),
        type TEXT NOT NULL,
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        UNIQUE (name, type)
    )
    """,
    """
    CREATE TABLE mentions (
        id INTEGER PRIMARY KEY,
        reading_id INTEGER NOT NULL REFERENCES readings (id) ON DELETE CASCADE,
        name_id INTEGER NOT NULL REFERENCES names (id),
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        confidence REAL NOT NULL
    )
    """,
    """
    CREATE TABLE facts (
        id INTEGER PRIMARY KEY,
        subject INTEGER NOT NULL REFERENCES entities (id),
        predicate TEXT NOT NULL,
        object INTEGER NOT NULL REFERENCES entities (id),
        UNIQUE (subject, predicate, object)
    )
    """,
    """
    CREATE TABLE evidence (
        id INTEGER PRIMARY KEY,
        fact_id INTEGER NOT NULL REFERENCES facts (id),
        subject_mention INTEGER NOT NULL REFERENCES mentions (id) ON DELETE CASCADE,
        object_mention INTEGER NOT NULL REFERENCES mentions (id) ON DELETE CASCADE,
        confidence REAL NOT NULL
    )
    """,
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        reading_id INTEGER NOT NULL REFERENCES readings (id) ON DELETE CASCADE,
        type TEXT NOT NULL,
        trigger_text TEXT NOT NULL,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        confidence REAL NOT NULL
    )
    """,
    """
    CREATE TABLE arguments (
        id INTEGER PRIMARY KEY,
        event_id INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        mention_id INTEGER REFERENCES mentions (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        text TEXT NOT NULL,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        confidence REAL NOT NULL
    )
    """,
    """
    CREATE TABLE merges (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL CHECK (kind IN ('name', 'hand')),
        name_id INTEGER NOT NULL REFERENCES names (id) ON DELETE CASCADE,
        into_id INTEGER NOT NULL REFERENCES names (id) ON DELETE CASCADE,
        time TEXT NOT NULL,
        undone TEXT
    )
    """,
    "CREATE INDEX names_by_key ON names (key, type)",
    "CREATE INDEX names_by_entity ON names (entity_id)",
    "CREATE INDEX mentions_by_reading ON mentions (reading_id)",
    "CREATE INDEX mentions_by_name ON mentions (name_id)",
    "CREATE INDEX facts_by_object ON facts (object)",
    "CREATE INDEX evidence_by_fact ON evidence (fact_id)",
    "CREATE INDEX evidence_by_subject ON evidence (subject_mention)",
    "CREATE INDEX evidence_by_object ON evidence (object_mention)",
    "CREATE INDEX events_by_reading ON events (reading_id)",
    "CREATE INDEX arguments_by_event ON arguments (event_id)",
    "CREATE INDEX arguments_by_mention ON arguments (mention_id)",
    "CREATE INDEX merges_by_name ON merges (name_id)",
    "CREATE INDEX merges_by_into ON merges (into_id)",
)
