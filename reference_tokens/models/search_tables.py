"""The tables for searches, which the database keeps in step with the tokens by triggers: nothing goes past those.

SQLite has FTS5 in them, with letters in threes and with whole scopes. PostgreSQL has pg_trgm and arrays; where the role
may not create that extension, a search reads every text instead.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, connections, transaction

from accounts.database.statement_time import WITHOUT_TIMEOUTS
from accounts.text.case_folding import BY_ICU

logger = logging.getLogger(__name__)

TOKENS = "reference_tokens_referencetoken"
NAMES = {
    "tokens": TOKENS,
    "texts": "reference_tokens_tokentext",
    "scopes": "reference_tokens_tokenscopes",
    "issued": "reference_tokens_issuedscope",
    "trigger": "reference_tokens_keep_search",
    # Of tokens: all that the tables tell of them.
    "columns": "description, hint, scopes, application_id, holder_id",
    "text": "folded({row}.description) || char(10) || folded({row}.hint)",
    "terms": "{row}.scopes || ' ' || {row}.application_id || ':'"
    " || replace({row}.scopes, ' ', ' ' || {row}.application_id || ':')",
    "names": """json_each('["' || replace({row}.scopes, ' ', '","') || '"]')""",
    # Whether a change is one of scopes, which are never changed but by hand: no index leads from a token to its terms.
    "is_changed": "(new.scopes, new.application_id) <> (old.scopes, old.application_id)",
    # What leads to the text of a token in the index of letters: the digits of its hint, in threes.
    "digits": " || ".join(f"""'"' || lower(substr(old.hint, {start}, 3)) || '" '""" for start in (6, 7, 11, 12)),
}
SQLITE = """
DROP TRIGGER IF EXISTS {trigger}
DROP TRIGGER IF EXISTS {trigger}_again
DROP TABLE IF EXISTS {scopes}
DROP VIEW IF EXISTS {scopes}_rows
DROP TABLE IF EXISTS {texts}
CREATE VIRTUAL TABLE {texts} USING fts5
    (token_id UNINDEXED, text, application_id UNINDEXED, holder_id UNINDEXED,
    tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0)
CREATE VIEW {scopes}_rows AS SELECT id, c0 AS token_id, NULL AS terms FROM {texts}_content
CREATE VIRTUAL TABLE {scopes} USING fts5
    (token_id UNINDEXED, terms, content = '{scopes}_rows', content_rowid = 'id', detail = none, columnsize = 0,
    tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{{|}}~'''''")
INSERT INTO {texts} (token_id, text, application_id, holder_id)
    SELECT id, {token_text}, application_id, holder_id FROM {tokens} AS token
INSERT INTO {scopes} (rowid, token_id, terms)
    SELECT text.id, token.id, {token_terms} FROM {texts}_content AS text JOIN {tokens} AS token ON token.id = text.c0
INSERT OR IGNORE INTO {issued} (application_id, scope)
    SELECT token.application_id, value FROM {tokens} AS token, {token_names}
CREATE TRIGGER {trigger} AFTER INSERT ON {tokens} BEGIN
    INSERT INTO {texts} (token_id, text, application_id, holder_id)
        VALUES (new.id, {new_text}, new.application_id, new.holder_id);
    INSERT INTO {scopes} (rowid, token_id, terms) VALUES (last_insert_rowid(), new.id, {new_terms});
    INSERT OR IGNORE INTO {issued} (application_id, scope) SELECT new.application_id, value FROM {new_names};
    END
CREATE TRIGGER {trigger}_again AFTER UPDATE OF {columns} ON {tokens} BEGIN
    UPDATE {texts} SET text = {new_text}, application_id = new.application_id, holder_id = new.holder_id
        WHERE {texts} MATCH {digits} AND token_id = new.id;
    INSERT INTO {scopes} ({scopes}, rowid, token_id, terms)
        SELECT 'delete', id, old.id, {old_terms} FROM {texts}_content WHERE c0 = new.id AND {is_changed};
    INSERT INTO {scopes} (rowid, token_id, terms)
        SELECT id, new.id, {new_terms} FROM {texts}_content WHERE c0 = new.id AND {is_changed};
    INSERT OR IGNORE INTO {issued} (application_id, scope) SELECT new.application_id, value FROM {new_names};
    END
"""
POSTGRESQL_TABLES = """
DROP FUNCTION IF EXISTS {trigger} CASCADE
DROP TABLE IF EXISTS {scopes}
DROP TABLE IF EXISTS {texts}
CREATE TABLE {texts} (token_id uuid NOT NULL, text text NOT NULL, application_id uuid NOT NULL, holder_id uuid)
CREATE TABLE {scopes} (token_id uuid NOT NULL, terms text[] NOT NULL)
"""
POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {texts} VALUES (new.id, {new_text}, new.application_id, new.holder_id);
        INSERT INTO {scopes} VALUES (new.id, {new_terms});
    ELSE
        UPDATE {texts} SET text = {new_text}, application_id = new.application_id, holder_id = new.holder_id
            WHERE token_id = new.id AND text LIKE '%' || {digits};
        IF NOT {is_changed} THEN
            RETURN NULL;
        END IF;
        UPDATE {scopes} SET terms = {new_terms} WHERE token_id = new.id;
    END IF;
    INSERT INTO {issued} (application_id, scope)
        SELECT new.application_id, name FROM {new_names} ON CONFLICT DO NOTHING;
    RETURN NULL;
    END $$
"""
POSTGRESQL_TRIGGER = """
CREATE OR REPLACE TRIGGER {trigger} AFTER INSERT OR UPDATE OF {columns} ON {tokens}
    FOR EACH ROW EXECUTE FUNCTION {trigger}()
"""
# After the triggers are there for all: tokens are issued meanwhile.
# Scopes are in the order in which a trigger writes them, so that neither waits for the other.
POSTGRESQL_FILL = """
INSERT INTO {texts} SELECT id, {token_text}, application_id, holder_id FROM {tokens} AS token
    WHERE NOT EXISTS (SELECT 1 FROM {texts} AS kept WHERE kept.token_id = token.id)
INSERT INTO {scopes} SELECT id, {token_terms} FROM {tokens} AS token
    WHERE NOT EXISTS (SELECT 1 FROM {scopes} AS kept WHERE kept.token_id = token.id)
INSERT INTO {issued} (application_id, scope)
    SELECT DISTINCT application_id, name COLLATE "C" FROM {tokens} AS token, {token_names} ORDER BY 1, 2
    ON CONFLICT DO NOTHING
"""
# The last one, which tells that all is filled. In a transaction of its own: it waits for those who issue a token, and
# they wait for the scopes that are filled in until these are committed.
POSTGRESQL_SCOPES = """
CREATE INDEX {scopes}_terms ON {scopes} USING gin (terms)
"""
# A search for hundreds of terms reads what waits to be sorted into the index for each of them: up to 4 MB otherwise.
POSTGRESQL_WAITING = """
ALTER INDEX {scopes}_terms SET (gin_pending_list_limit = 64)
"""
POSTGRESQL_LETTERS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm
CREATE INDEX IF NOT EXISTS {texts}_letters ON {texts} USING gin (text gin_trgm_ops)
"""
# From the shape that the release before has left, in which a text tells only itself: its servers go on meanwhile.
POSTGRESQL_COLUMNS = """
ALTER TABLE {texts} ADD COLUMN IF NOT EXISTS application_id uuid, ADD COLUMN IF NOT EXISTS holder_id uuid
"""
# Texts that a trigger is about to write are left to it.
POSTGRESQL_PORTION = """
UPDATE {texts} AS kept SET application_id = token.application_id, holder_id = token.holder_id FROM {tokens} AS token
    WHERE token.id = kept.token_id AND kept.ctid = ANY (ARRAY(
        SELECT ctid FROM {texts} WHERE application_id IS NULL LIMIT 10000 FOR UPDATE SKIP LOCKED))
"""
# The last one, which tells that all is filled: with the few texts that somebody wrote before the triggers were replaced
# and committed later. Those of tokens that were deleted by hand go.
POSTGRESQL_FILLED = """
LOCK TABLE {texts} IN ACCESS EXCLUSIVE MODE
UPDATE {texts} AS kept SET application_id = token.application_id, holder_id = token.holder_id FROM {tokens} AS token
    WHERE token.id = kept.token_id AND kept.application_id IS NULL
DELETE FROM {texts} WHERE application_id IS NULL
ALTER TABLE {texts} ALTER COLUMN application_id SET NOT NULL
"""
SCRIPTS = {
    "sqlite": [SQLITE],
    "postgresql": [
        POSTGRESQL_TABLES + POSTGRESQL_FUNCTION + POSTGRESQL_TRIGGER,
        POSTGRESQL_FILL,
        POSTGRESQL_SCOPES,
    ],
}
IN_POSTGRESQL = {
    "text": BY_ICU % {"expressions": "{row}.description || chr(10) || {row}.hint"},
    "terms": "string_to_array({row}.scopes || ' ' || replace({row}.application_id::text, '-', '') || ':'"
    " || replace({row}.scopes, ' ', ' ' || replace({row}.application_id::text, '-', '') || ':'), ' ')",
    "names": "unnest(string_to_array({row}.scopes, ' ')) AS name",
    "digits": "right(old.hint, 9)",
}
# A row where the triggers and the last index are there: whether the texts tell whose each token is, as in this release.
TELLS_WHOSE = {
    "sqlite": "SELECT EXISTS (SELECT 1 FROM pragma_table_info('{texts}') WHERE name = 'holder_id')"
    " FROM sqlite_master WHERE name = '{trigger}'",
    # Another instance may stand beside this one, in a schema of its own.
    "postgresql": "SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('{texts}')"
    " AND attname = 'application_id' AND attnotnull)"
    " FROM pg_trigger WHERE tgname = '{trigger}' AND tgrelid = '{tokens}'::regclass"
    " AND to_regclass('{scopes}_terms') IS NOT NULL",
}


def statements(script: str, vendor: str) -> list[str]:
    """The statements of a script, each of which begins at the left."""
    names = NAMES | (IN_POSTGRESQL if vendor == "postgresql" else {})
    for row in ("new", "old", "token"):
        names |= {f"{row}_{part}": names[part].format(row=row) for part in ("text", "terms", "names")}
    found: list[str] = []
    for line in filter(None, script.splitlines()):
        found += [line] if line[0] != " " else [f"{found.pop()}\n{line}"]
    return [statement.format(**names) for statement in found]


def run(script: str, using: str) -> int:
    """Execute all of a script, or nothing, however long it takes; how many rows the last statement wrote."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(WITHOUT_TIMEOUTS)
        for statement in statements(script, connection.vendor):
            cursor.execute(statement)
        written: int = cursor.rowcount
    return written


def keeps_search(using: str) -> bool:
    """Whether the tables and triggers are there and filled; not so where `migrate` was stopped before its end."""
    return bool(tells_whose(using))


def tells_whose(using: str) -> bool | None:
    """Whether the texts tell whose each token is; None where the triggers or the last index are missing."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(TELLS_WHOSE[connection.vendor].format(**NAMES))
        row = cursor.fetchone()
    return row and bool(row[0])


def stop_keeping_search(using: str) -> None:
    """Take the triggers away, so that very many tokens can be stored at once; `keep_search` then fills all anew."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in statements(SCRIPTS[connection.vendor][0], connection.vendor):
            if statement.startswith(("DROP TRIGGER", "DROP FUNCTION")):
                cursor.execute(statement)


def tell_whose(using: str) -> None:
    """Let the texts that the release before wrote tell whose each token is, in portions: nobody waits for long.

    What the servers of that release ask for is there at any time.
    """
    run(POSTGRESQL_COLUMNS + POSTGRESQL_FUNCTION, using)
    # Apart from the table of texts: who issues a token locks first the one and then the other.
    run(POSTGRESQL_TRIGGER, using)
    while run(POSTGRESQL_PORTION, using):
        pass
    run(POSTGRESQL_FILLED, using)


def keep_search(using: str, **_signal: Any) -> None:
    """After each migration: make the tables and triggers where they are missing, with what is known of the tokens.

    SQLite drops triggers with a table that Django makes anew in another shape. It cannot widen the tables, and makes
    them anew in one transaction: until its end others read the old ones, and wait with what they write.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        if NAMES["issued"] not in connection.introspection.table_names(cursor):
            return
    is_told = tells_whose(using)
    if connection.vendor == "postgresql" and is_told is False:
        tell_whose(using)
    elif not is_told:
        for script in SCRIPTS[connection.vendor]:
            run(script, using)
    if connection.vendor == "postgresql":
        run(POSTGRESQL_WAITING, using)
        try:
            run(POSTGRESQL_LETTERS, using)
        except DatabaseError as error:
            logger.warning("searches of tokens have no index, and read every text: %s", str(error).partition("\n")[0])
