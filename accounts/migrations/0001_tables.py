"""People, the audit log and mails about accounts: every table, index and constraint, without the steps of development."""

import accounts.text.validators
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # A database that was made step by step has these: it is taken over as it is.
    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_people_display_and_deletion"),
        ("accounts", "0003_email_change"),
        ("accounts", "0004_invitation"),
        ("accounts", "0005_password_reset"),
        ("accounts", "0006_attempt_count"),
        ("accounts", "0007_user_names_of_identity_providers"),
        ("accounts", "0008_characters_without_regular_expressions"),
        ("accounts", "0009_mails_about_accounts"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttemptCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("count", models.IntegerField()),
                ("ends_at", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="FormerUsername",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("PERSON", "Person"), ("SYSTEM", "System User")],
                        default="PERSON",
                        max_length=6,
                        verbose_name="kind",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        max_length=150,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9._@+#-]+\\Z",
                                "Use only letters from A to Z, digits, and the characters . _ @ + # -",
                                code="username_characters",
                            )
                        ],
                        verbose_name="user name",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        max_length=150,
                        validators=[accounts.text.validators.plain_text],
                        verbose_name="name",
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("is_administrator", models.BooleanField(default=False, verbose_name="administrator")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                (
                    "language",
                    models.CharField(choices=[("en", "English")], default="en", max_length=10, verbose_name="language"),
                ),
                (
                    "time_zone",
                    models.CharField(
                        default="UTC",
                        max_length=60,
                        validators=[accounts.text.validators.known_time_zone],
                        verbose_name="time zone",
                    ),
                ),
                ("deleted_at", models.DateTimeField(editable=False, null=True, verbose_name="deleted")),
                (
                    "groups",
                    models.ManyToManyField(blank=True, related_name="users", to="auth.group", verbose_name="groups"),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
            },
        ),
        migrations.CreateModel(
            name="AccountMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("letter", "Letter"),
                            ("password_reset", "New password"),
                            ("guesses", "Guesses at a password"),
                        ],
                        max_length=20,
                    ),
                ),
                ("link", models.BinaryField(max_length=32, null=True)),
                ("content", models.TextField()),
                ("expires_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("previous_hash", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("action", models.CharField(max_length=60)),
                ("source", models.CharField(max_length=20)),
                ("actor_type", models.CharField(max_length=30)),
                ("actor_id", models.CharField(blank=True, max_length=60)),
                ("target_type", models.CharField(max_length=30)),
                ("target_id", models.CharField(blank=True, max_length=60)),
                ("address", models.GenericIPAddressField(null=True)),
                ("request_id", models.CharField(blank=True, max_length=60)),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["target_type", "target_id", "-seq"], name="audit_event_target"),
                    models.Index(fields=["actor_type", "actor_id", "-seq"], name="audit_event_actor"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="audit_head_is_one_row")],
            },
        ),
        migrations.CreateModel(
            name="EmailChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254)),
                ("digest", models.BinaryField(max_length=32)),
                ("asked_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="email_change",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32)),
                ("invited_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitation",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PasswordReset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("asked_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="password_resets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("username"),
                name="user_username_unique_without_case",
                violation_error_message="This user name is taken.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="user_email_unique_without_case",
                violation_error_message="Another user has this e-mail address.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("username__gt", ""), ("username__made_of", "A-Za-z0-9._@+#-")),
                name="user_username_characters",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["PERSON", "SYSTEM"])), name="user_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_administrator", True), ("kind", "SYSTEM"), _negated=True),
                name="user_system_user_is_no_administrator",
                violation_error_message="A System User cannot be an administrator.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "PERSON"), ("password__startswith", "!"), _connector="OR"),
                name="user_system_user_has_no_password",
                violation_error_message="A System User cannot have a password.",
            ),
        ),
        migrations.AddIndex(
            model_name="accountmail",
            index=models.Index(fields=["due_at"], name="account_mail_due"),
        ),
    ]
