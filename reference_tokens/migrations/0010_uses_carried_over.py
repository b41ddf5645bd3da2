from django.db import connection, migrations

TOKENS_AT_ONCE = 1_000
TOKENS, USES = "reference_tokens_referencetoken", "reference_tokens_tokenuse"
COLUMNS = (
    "last_used_at, last_used_address, last_used_server_id, counted_on, accepted_on_day, refused_on_day, recent_sources"
)


def into_rows_of_their_own(apps, schema_editor):
    values = COLUMNS.replace("recent_sources", "COALESCE(recent_sources, '')")
    later = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", "))
    # Whatever is noted of a token adds to these.
    counted = "{0}.counted_on, {0}.accepted_on_day + {0}.refused_on_day"
    of_portions(
        apps,
        f"INSERT INTO {USES} (token_id, application_id, is_revoked, {COLUMNS}) "
        f"SELECT id, application_id, revoked_at IS NOT NULL, {values} FROM {TOKENS} "
        "WHERE id BETWEEN %s AND %s AND (last_used_at IS NOT NULL OR counted_on IS NOT NULL) "
        # One is there where this broke off before, or where it was used since the table is there: the later one stays.
        f"ON CONFLICT (token_id) DO UPDATE SET {later} WHERE {USES}.counted_on IS NULL OR "
        f"({counted.format('excluded')}) > ({counted.format(USES)})",
    )


def into_the_rows_of_tokens(apps, schema_editor):
    values = COLUMNS.replace("recent_sources", "NULLIF(recent_sources, '')")
    of_portions(
        apps,
        f"UPDATE {TOKENS} SET ({COLUMNS}) = (SELECT {values} FROM {USES} WHERE token_id = {TOKENS}.id) "
        f"WHERE id BETWEEN %s AND %s AND EXISTS (SELECT 1 FROM {USES} WHERE token_id = {TOKENS}.id)",
    )


def of_portions(apps, sql):
    """Execute a statement for so many tokens at a time, in the order of their ids."""
    ids = apps.get_model("reference_tokens", "ReferenceToken").objects.order_by("pk").values_list("pk", flat=True)
    portion = list(ids[:TOKENS_AT_ONCE])
    while portion:
        ends = [portion[0], portion[-1]]
        with connection.cursor() as cursor:
            cursor.execute(sql, [each.hex for each in ends] if connection.vendor == "sqlite" else ends)
        portion = list(ids.filter(pk__gt=portion[-1])[:TOKENS_AT_ONCE])


class Migration(migrations.Migration):
    """In steps, each its own transaction, so that nobody waits for a million tokens; it can be begun again."""

    atomic = False

    dependencies = [("reference_tokens", "0009_table_of_uses")]

    operations = [migrations.RunPython(into_rows_of_their_own, into_the_rows_of_tokens, atomic=False)]
