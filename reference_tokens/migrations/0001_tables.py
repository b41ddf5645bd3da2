"""Tokens, Resource Servers and what is noted of both: every table, index and constraint, without the steps of development."""

import accounts.text.validators
import django.db.models.deletion
import django.utils.timezone
import trusted_apps.models
import trusted_apps.scopes
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # A database that was made step by step has these: it is taken over as it is.
    replaces = [
        ("reference_tokens", "0001_initial"),
        ("reference_tokens", "0002_answer_counts"),
        ("reference_tokens", "0003_rotation_suspension_and_daily_use"),
        ("reference_tokens", "0004_notices"),
        ("reference_tokens", "0005_unused_tokens"),
        ("reference_tokens", "0006_orders_of_lists"),
        ("reference_tokens", "0007_suspended_together"),
        ("reference_tokens", "0008_suspended_in_order"),
        ("reference_tokens", "0009_reasons_as_codes"),
        ("reference_tokens", "0010_when_work_was_done"),
    ]

    dependencies = [
        ("trusted_apps", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HashKey",
            fields=[
                ("id", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("retired_at", models.DateTimeField(editable=False, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="AnswerCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("client_id", models.CharField(blank=True, max_length=40)),
                ("outcome", models.CharField(max_length=30)),
                ("count", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client_id", "day", "outcome"), name="answer_count_one_for_each_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ResourceServer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.CharField(editable=False, max_length=40, unique=True, verbose_name="client id")),
                (
                    "name",
                    models.CharField(
                        max_length=100,
                        unique=True,
                        validators=[accounts.text.validators.plain_text],
                        verbose_name="name",
                    ),
                ),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("asks_for_all_applications", models.BooleanField(default=False, verbose_name="all applications")),
                ("may_revoke", models.BooleanField(default=False, verbose_name="may revoke")),
                ("shares_profile", models.BooleanField(default=False, verbose_name="learns name, e-mail and groups")),
                (
                    "required_scopes",
                    trusted_apps.scopes.ScopesField(
                        blank=True,
                        default=tuple,
                        validators=[trusted_apps.models.require_known_scopes],
                        verbose_name="required scopes",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                ("last_asked_at", models.DateTimeField(editable=False, null=True, verbose_name="last asked")),
                (
                    "applications",
                    models.ManyToManyField(
                        blank=True,
                        related_name="resource_servers",
                        to="trusted_apps.trustedapplication",
                        verbose_name="Trusted Applications",
                    ),
                ),
            ],
            options={
                "verbose_name": "Resource Server",
                "verbose_name_plural": "Resource Servers",
            },
        ),
        migrations.CreateModel(
            name="ReferenceToken",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("PAT", "Personal access token"), ("SAT", "Service access token")],
                        max_length=3,
                        verbose_name="kind",
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[accounts.text.validators.plain_text],
                        verbose_name="description",
                    ),
                ),
                ("scopes", trusted_apps.scopes.ScopesField(verbose_name="scopes")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("hint", models.CharField(max_length=14)),
                ("issued_at", models.DateTimeField(verbose_name="issued")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="expires")),
                ("request_key", models.UUIDField(null=True)),
                ("last_used_at", models.DateTimeField(null=True, verbose_name="last used")),
                ("last_used_address", models.GenericIPAddressField(null=True)),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked")),
                (
                    "revocation_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("command", "Command line"),
                            ("profile", "Profile"),
                            ("manage", "Instance Manager"),
                            ("api", "API"),
                            ("system", "The service itself"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "revocation_reason",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[accounts.text.validators.plain_text],
                        verbose_name="reason",
                    ),
                ),
                ("revocation_code", models.CharField(blank=True, db_default="", default="", max_length=30)),
                ("revocation_id", models.UUIDField(null=True)),
                ("suspended_at", models.DateTimeField(null=True, verbose_name="suspended")),
                (
                    "suspension_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("command", "Command line"),
                            ("profile", "Profile"),
                            ("manage", "Instance Manager"),
                            ("api", "API"),
                            ("system", "The service itself"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "suspension_reason",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[accounts.text.validators.plain_text],
                        verbose_name="reason",
                    ),
                ),
                ("suspension_code", models.CharField(blank=True, db_default="", default="", max_length=30)),
                ("suspension_id", models.UUIDField(null=True)),
                ("resumed_at", models.DateTimeField(editable=False, null=True)),
                ("unused_warned_at", models.DateTimeField(editable=False, null=True)),
                ("family", models.UUIDField(editable=False, null=True)),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="trusted_apps.trustedapplication",
                    ),
                ),
                (
                    "hash_key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="reference_tokens.hashkey",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pats",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "issuer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="reference_tokens.referencetoken",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "suspended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "last_used_server",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="reference_tokens.resourceserver",
                    ),
                ),
            ],
            options={
                "verbose_name": "access token",
                "verbose_name_plural": "access tokens",
            },
        ),
        migrations.CreateModel(
            name="ResourceServerSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("hint", models.CharField(default="", editable=False, max_length=16)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "hash_key",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="reference_tokens.hashkey"
                    ),
                ),
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to="reference_tokens.resourceserver",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TokenSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("last_used_at", models.DateTimeField()),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sources",
                        to="reference_tokens.referencetoken",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("expiry", "Expires soon"),
                            ("revocation", "Revoked"),
                            ("suspension", "Suspended"),
                            ("rotation", "Rotated itself"),
                            ("unused", "Unused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("step", models.PositiveSmallIntegerField(null=True)),
                ("cause", models.CharField(max_length=80)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("tokens", models.ManyToManyField(related_name="notices", to="reference_tokens.referencetoken")),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("done_at__isnull", True)), fields=["due_at"], name="notice_due")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("recipient", "kind", "cause"), name="notice_one_for_each_cause")
                ],
            },
        ),
        migrations.CreateModel(
            name="DailyUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("accepted", models.PositiveBigIntegerField(default=0)),
                ("refused", models.PositiveBigIntegerField(default=0)),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="daily_uses",
                        to="reference_tokens.referencetoken",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("token", "day"), name="daily_use_one_for_each_day")],
            },
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(fields=["application", "issued_at", "id"], name="token_of_application"),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(fields=["holder", "issued_at", "id"], name="token_of_holder"),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(fields=["issued_at", "id"], name="token_by_issue"),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=["expires_at", "issued_at", "id"],
                name="token_by_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=["application", "expires_at", "issued_at", "id"],
                name="token_of_app_by_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=["last_used_at", "issued_at", "id"],
                name="token_by_use",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=["application", "last_used_at", "issued_at", "id"],
                name="token_of_app_by_use",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", False)),
                fields=["revoked_at", "issued_at", "id"],
                name="token_by_revocation",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", False)),
                fields=["application", "revoked_at", "issued_at", "id"],
                name="token_of_app_by_revocation",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("suspended_at__isnull", False)),
                fields=["issued_at", "id"],
                name="token_by_suspended",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("suspended_at__isnull", False)),
                fields=["application", "issued_at", "id"],
                name="token_of_app_by_suspended",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("revocation_id__isnull", False)),
                fields=["revocation_id"],
                name="token_of_revocation",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("suspension_id__isnull", False)),
                fields=["suspension_id"],
                name="token_of_suspension",
            ),
        ),
        migrations.AddIndex(
            model_name="referencetoken",
            index=models.Index(
                condition=models.Q(("family__isnull", False)), fields=["family"], name="token_of_family"
            ),
        ),
        migrations.AddConstraint(
            model_name="referencetoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("holder__isnull", False), ("kind", "PAT")),
                    models.Q(("holder__isnull", True), ("kind", "SAT")),
                    _connector="OR",
                ),
                name="token_pat_has_a_holder_and_sat_none",
            ),
        ),
        migrations.AddConstraint(
            model_name="referencetoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__length", 32)), name="token_digest_is_32_bytes"
            ),
        ),
        migrations.AddConstraint(
            model_name="referencetoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes", ""), _negated=True), name="token_has_a_scope"
            ),
        ),
        migrations.AddConstraint(
            model_name="referencetoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__isnull", True), ("expires_at__gt", models.F("issued_at")), _connector="OR"
                ),
                name="token_expires_after_it_was_issued",
            ),
        ),
        migrations.AddConstraint(
            model_name="referencetoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("revoked_at__isnull", False),
                    models.Q(("revocation_id__isnull", True), ("revocation_source", ""), ("revoked_by__isnull", True)),
                    _connector="OR",
                ),
                name="token_revocation_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="referencetoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("suspended_at__isnull", False),
                    models.Q(("suspended_by__isnull", True), ("suspension_reason", ""), ("suspension_source", "")),
                    _connector="OR",
                ),
                name="token_suspension_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="referencetoken",
            constraint=models.UniqueConstraint(fields=("issuer", "request_key"), name="token_one_for_each_request"),
        ),
        migrations.AddConstraint(
            model_name="resourceserversecret",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__length", 32)), name="secret_digest_is_32_bytes"
            ),
        ),
        migrations.AddConstraint(
            model_name="tokensource",
            constraint=models.UniqueConstraint(fields=("token", "name"), name="token_source_one_for_each_name"),
        ),
    ]
