"""Trusted Applications and scopes: every table, index and constraint, without the steps of development."""

import accounts.text.validators
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
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
        ("trusted_apps", "0001_initial"),
        ("trusted_apps", "0003_characters_without_regular_expressions"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Scope",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[\\x21\\x23-\\x5B\\x5D-\\x7E]+\\Z",
                                'A scope is written without spaces, in visible ASCII characters other than " and \\.',
                                code="scope_token",
                            )
                        ],
                        verbose_name="name",
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        max_length=200, validators=[accounts.text.validators.plain_text], verbose_name="description"
                    ),
                ),
            ],
            options={
                "verbose_name": "scope",
                "verbose_name_plural": "scopes",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="TrustedApplication",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "application_uri",
                    models.CharField(
                        max_length=200,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._~:/-]*\\Z",
                                "Start with a letter or digit and use only letters, digits and the characters . _ ~ : / - (com.example/excel).",
                                code="application_uri_characters",
                            )
                        ],
                        verbose_name="application URI",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=100, validators=[accounts.text.validators.plain_text], verbose_name="name"
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
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "access_tokens_policy",
                    models.CharField(
                        choices=[
                            ("None", "None"),
                            ("AuthenticatedUsers", "Authenticated users"),
                            ("AdministratorsOnly", "Administrators only"),
                        ],
                        default="None",
                        max_length=20,
                        verbose_name="AccessTokens policy",
                    ),
                ),
                (
                    "scopes",
                    trusted_apps.scopes.ScopesField(
                        blank=True,
                        default=tuple,
                        validators=[trusted_apps.models.require_known_scopes],
                        verbose_name="scopes",
                    ),
                ),
                (
                    "max_lifetime_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="maximum lifetime in days",
                    ),
                ),
                (
                    "allows_tokens_without_expiry",
                    models.BooleanField(default=False, verbose_name="allows tokens without expiry"),
                ),
                ("allows_self_rotation", models.BooleanField(default=False, verbose_name="lets a token rotate itself")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                (
                    "owners",
                    models.ManyToManyField(
                        blank=True,
                        related_name="owned_applications",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owners",
                    ),
                ),
                (
                    "system_user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="System User",
                    ),
                ),
            ],
            options={
                "verbose_name": "Trusted Application",
                "verbose_name_plural": "Trusted Applications",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("application_uri"),
                        name="application_uri_unique_without_case",
                        violation_error_message="Another Trusted Application has this URI.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("application_uri__begins_with_one_of", "A-Za-z0-9"),
                            ("application_uri__made_of", "A-Za-z0-9._~:/-"),
                        ),
                        name="application_uri_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("access_tokens_policy__in", ["None", "AuthenticatedUsers", "AdministratorsOnly"])
                        ),
                        name="application_access_tokens_policy_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_lifetime_days__isnull", True),
                            models.Q(("max_lifetime_days__gte", 1), ("max_lifetime_days__lte", 36500)),
                            _connector="OR",
                        ),
                        name="application_max_lifetime_in_range",
                    ),
                ],
            },
        ),
    ]
