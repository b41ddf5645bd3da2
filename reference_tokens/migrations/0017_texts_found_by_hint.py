from django.db import migrations

TRIGGER, TEXTS = "reference_tokens_keep_search", "reference_tokens_tokentext"
IS_CHANGED = "(new.scopes, new.application_id) <> (old.scopes, old.application_id)"
DIGITS = " || ".join(f"""'"' || lower(substr(old.hint, {start}, 3)) || '" '""" for start in (6, 7, 11, 12))
DEFINITION = {
    "sqlite": f"SELECT sql FROM sqlite_master WHERE name = '{TRIGGER}_again'",
    # Of this schema: another instance may stand beside this one.
    "postgresql": "SELECT pg_get_functiondef(pg_proc.oid) FROM pg_proc "
    "JOIN pg_namespace ON pg_namespace.oid = pronamespace "
    f"WHERE proname = '{TRIGGER}' AND nspname = current_schema()",
}

# What it says before and after.
SQLITE = [
    ("WHERE token_id = new.id;", f"WHERE {TEXTS} MATCH {DIGITS} AND token_id = new.id;"),
    ("WHERE c0 = new.id;", f"WHERE c0 = new.id AND {IS_CHANGED};"),
]
POSTGRESQL = [
    (
        """ WHERE token_id = new.id;
        UPDATE reference_tokens_tokenscopes""",
        f""" WHERE token_id = new.id AND text LIKE '%' || right(old.hint, 9);
        IF NOT {IS_CHANGED} THEN
            RETURN NULL;
        END IF;
        UPDATE reference_tokens_tokenscopes""",
    )
]


def by_hint(apps, schema_editor):
    say_anew(schema_editor, SQLITE, POSTGRESQL)


def by_all_rows(apps, schema_editor):
    say_anew(schema_editor, *([(after, before) for before, after in pairs] for pairs in (SQLITE, POSTGRESQL)))


def say_anew(schema_editor, on_sqlite, on_postgresql):
    """Replace what is said otherwise where the trigger is there; where it is not, the end of `migrate` makes it."""
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DEFINITION["sqlite" if is_sqlite else "postgresql"])
        for (definition,) in cursor.fetchall():
            if is_sqlite:
                cursor.execute(f"DROP TRIGGER {TRIGGER}_again")
            cursor.execute(replaced(definition, on_sqlite if is_sqlite else on_postgresql))


def replaced(text, pairs):
    for before, after in pairs:
        text = text.replace(before, after)
    return text


class Migration(migrations.Migration):
    """The trigger finds the text of a token by its hint, in the index of letters: it read every text before.

    No row is written, and PostgreSQL locks no table.
    """

    dependencies = [("reference_tokens", "0016_saved_filters")]

    operations = [migrations.RunPython(by_hint, by_all_rows)]
