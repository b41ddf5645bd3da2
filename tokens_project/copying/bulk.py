"""What slows the filling of empty tables down: indexes and foreign keys, taken away for its time and laid again.

Laid again at the end, an index is sorted once, and a foreign key is looked up for all rows together.
"""

from __future__ import annotations

import json
from typing import Any

from tokens_project.copying.tables import tables

# What is taken away, as how it is taken away and how it is laid again; without what belongs to a constraint.
PARTS = {
    "postgresql": [
        """
        SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid = ANY (%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
        ORDER BY 1
        """,
        """
        SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
            format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE conrelid = ANY (%s::regclass[]) AND contype = 'f' ORDER BY 1
        """,
    ],
    # Its foreign keys stand in the tables themselves: they are left out of account by a setting of the connection.
    "sqlite": [
        """
        SELECT 'DROP INDEX "' || name || '"', sql FROM sqlite_master
        WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (SELECT value FROM json_each(%s)) ORDER BY name
        """,
    ],
}


def take_away(connection: Any) -> list[str]:
    """Take indexes and foreign keys of every table away; returns the statements that lay them again."""
    names = [model._meta.db_table for model in tables()]
    laying = []
    with connection.cursor() as cursor:
        for query in PARTS[connection.vendor]:
            cursor.execute(query, [names if connection.vendor == "postgresql" else json.dumps(names)])
            for removal, creation in cursor.fetchall():
                cursor.execute(removal)
                laying.append(creation)
    return laying
