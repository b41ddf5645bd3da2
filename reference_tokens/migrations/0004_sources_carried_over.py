import json
from datetime import UTC, datetime

from django.db import connection, migrations, transaction

TOKENS_AT_ONCE = 1_000
SOURCES_AS_TEXT = {
    "sqlite": "json_group_object(name, CAST(strftime('%%s', last_used_at) AS integer))",
    "postgresql": "CAST(json_object_agg(name, CAST(extract(epoch FROM last_used_at) AS bigint)) AS text)",
}
TOKENS, SOURCES, DAYS = (f"reference_tokens_{name}" for name in ("referencetoken", "tokensource", "dailyuse"))


def into_the_rows_of_tokens(apps, schema_editor):
    Source = apps.get_model("reference_tokens", "TokenSource")
    text = f"SELECT {SOURCES_AS_TEXT[connection.vendor]} FROM {SOURCES} WHERE token_id = {TOKENS}.id"
    for ids, places in portions(Source.objects.values_list("token", flat=True).distinct().order_by("token")):
        # What was used since the columns are there has sources of its own.
        execute(f"UPDATE {TOKENS} SET recent_sources = ({text}) WHERE id IN ({places}) AND recent_sources IS NULL", ids)


def out_of_the_rows_of_tokens(apps, schema_editor):
    Token, Source = (apps.get_model("reference_tokens", name) for name in ("ReferenceToken", "TokenSource"))
    counts = f"SELECT id, counted_on, accepted_on_day, refused_on_day FROM {TOKENS} WHERE counted_on IS NOT NULL"
    sums = ", ".join(f"{name} = {DAYS}.{name} + excluded.{name}" for name in ("accepted", "refused"))
    for ids, places in portions(Token.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            Source.objects.bulk_create(
                [
                    Source(token_id=token_id, name=name, last_used_at=datetime.fromtimestamp(at, UTC))
                    for token_id, text in Token.objects.filter(pk__in=ids)
                    .exclude(recent_sources=None)
                    .values_list("pk", "recent_sources")
                    for name, at in json.loads(text).items()
                ],
                ignore_conflicts=True,
            )
            execute(
                f"INSERT INTO {DAYS} (token_id, day, accepted, refused) {counts} AND id IN ({places}) "
                f"ON CONFLICT (token_id, day) DO UPDATE SET {sums}",
                ids,
            )
            Token.objects.filter(pk__in=ids).update(recent_sources=None, counted_on=None)


def portions(ids):
    """So many ids at a time, each portion from where the last one ended."""
    (key,), portion = ids.query.order_by, list(ids[:TOKENS_AT_ONCE])
    while portion:
        yield portion, ", ".join(["%s"] * len(portion))
        portion = list(ids.filter(**{f"{key}__gt": portion[-1]})[:TOKENS_AT_ONCE])


def execute(sql, ids):
    with connection.cursor() as cursor:
        cursor.execute(sql, [each.hex if connection.vendor == "sqlite" else each for each in ids])


class Migration(migrations.Migration):
    """In steps, each its own transaction, so that nobody waits for a million tokens; it can be begun again."""

    atomic = False

    dependencies = [("reference_tokens", "0003_uses_in_the_row_of_a_token")]

    operations = [migrations.RunPython(into_the_rows_of_tokens, out_of_the_rows_of_tokens, atomic=False)]
