"""Trusted Applications, which tokens are issued for, and scopes, which say what a token may do."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.text.free_text import LineColumn, WordColumn
from accounts.text.validators import plain_text
from trusted_apps.built_in import MANAGEMENT_API_URI
from trusted_apps.scopes import ScopesField, scope_token

if TYPE_CHECKING:
    from collections.abc import Iterable

APPLICATION_URI_CHARACTERS = "A-Za-z0-9._~:/-"
APPLICATION_URI_PATTERN = rf"^[A-Za-z0-9][{APPLICATION_URI_CHARACTERS}]*\Z"
MAXIMUM_SCOPES = 50

application_uri_characters = RegexValidator(
    APPLICATION_URI_PATTERN,
    _("Start with a letter or digit and use only letters, digits and the characters . _ ~ : / - (com.example/excel)."),
    code="application_uri_characters",
)


class AccessTokensPolicy(models.TextChoices):
    """Permission to issue reference tokens for an application (POL-1, POL-2)."""

    NONE = "None", pgettext_lazy("AccessTokens policy", "None")
    AUTHENTICATED_USERS = "AuthenticatedUsers", _("Authenticated users")
    ADMINISTRATORS_ONLY = "AdministratorsOnly", _("Administrators only")

    @classmethod
    def open_to(cls, *, is_administrator: bool) -> frozenset[AccessTokensPolicy]:
        """The policies under which a person may issue a token; the only place with the table of POL-2."""
        if is_administrator:
            return frozenset({cls.AUTHENTICATED_USERS, cls.ADMINISTRATORS_ONLY})
        return frozenset({cls.AUTHENTICATED_USERS})


# As migrations store them; other sentences are an administrator's own.
GIVEN_SENTENCES = frozenset(
    {
        gettext_noop("View data."),
        gettext_noop("Create, change and delete data."),
        gettext_noop("See one's own tokens"),
        gettext_noop("Rename, rotate and revoke one's own tokens"),
        gettext_noop("See all that the Instance Manager shows"),
        gettext_noop("Do all that the Instance Manager can do"),
    }
)


class Scope(models.Model):
    """A permission of a token, in words for the person who ticks it (TOK-6)."""

    name = WordColumn(_("name"), max_length=64, primary_key=True, validators=[scope_token])
    description = LineColumn(_("description"), max_length=200, validators=[plain_text])

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("scope")
        verbose_name_plural = _("scopes")

    def __str__(self) -> str:
        return self.name

    @property
    def in_words(self) -> str:
        """The sentence about it; one that every instance starts with is told in the reader's language."""
        return gettext(self.description) if self.description in GIVEN_SENTENCES else self.description


def require_known_scopes(names: Iterable[str]) -> None:
    """Raise `ValidationError` with the names of scopes that this instance does not have, or for too many."""
    names = set(names)
    if len(names) > MAXIMUM_SCOPES:
        raise ValidationError(_("Choose at most %(most)s scopes."), params={"most": MAXIMUM_SCOPES})
    # PostgreSQL takes no NUL, and no name has one.
    possible = [name for name in names if "\0" not in name]
    unknown = names - set(Scope.objects.filter(name__in=possible).values_list("name", flat=True))
    if unknown:
        raise ValidationError(_("Unknown scope: %(names)s."), params={"names": ", ".join(sorted(unknown))})


class TrustedApplicationQuerySet(models.QuerySet["TrustedApplication"]):
    """Queries for applications, in the words of the rules."""

    def open_to(self, user: User) -> TrustedApplicationQuerySet:
        """The applications for which the user may issue a PAT today (POL-2, POL-5)."""
        if not (user.is_active and user.is_person):
            return self.none()
        policies = AccessTokensPolicy.open_to(is_administrator=user.is_administrator)
        return self.filter(is_enabled=True, access_tokens_policy__in=policies)


class TrustedApplication(models.Model):
    """A program registered in this instance; its `application_uri` is the `client_id` of its tokens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application_uri = WordColumn(
        _("application URI"), max_length=200, unique=True, validators=[application_uri_characters]
    )
    name = LineColumn(_("name"), max_length=100, validators=[plain_text])
    description = LineColumn(_("description"), max_length=200, blank=True, validators=[plain_text])
    is_enabled = models.BooleanField(_("enabled"), default=True)
    access_tokens_policy = models.CharField(
        _("AccessTokens policy"),
        max_length=20,
        choices=AccessTokensPolicy,
        default=AccessTokensPolicy.NONE,
    )
    scopes = ScopesField(_("scopes"), blank=True, default=tuple, validators=[require_known_scopes])
    system_user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="applications",
        verbose_name=_("System User"),
    )
    owners = models.ManyToManyField(User, blank=True, related_name="owned_applications", verbose_name=_("owners"))
    max_lifetime_days = models.PositiveIntegerField(
        _("maximum lifetime in days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
    )
    allows_tokens_without_expiry = models.BooleanField(_("allows tokens without expiry"), default=False)
    allows_self_rotation = models.BooleanField(_("lets a token rotate itself"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar = TrustedApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("Trusted Application")
        verbose_name_plural = _("Trusted Applications")
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("application_uri"),
                name="application_uri_unique_without_case",
                violation_error_message=_("Another Trusted Application has this URI."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    application_uri__made_of=APPLICATION_URI_CHARACTERS,
                    application_uri__begins_with_one_of="A-Za-z0-9",
                ),
                name="application_uri_characters",
            ),
            models.CheckConstraint(
                condition=models.Q(access_tokens_policy__in=["None", "AuthenticatedUsers", "AdministratorsOnly"]),
                name="application_access_tokens_policy_known",
            ),
            models.CheckConstraint(
                condition=models.Q(max_lifetime_days__isnull=True)
                | models.Q(max_lifetime_days__gte=1, max_lifetime_days__lte=36_500),
                name="application_max_lifetime_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.application_uri

    @property
    def is_built_in(self) -> bool:
        """Whether its tokens open the management API of this instance."""
        return self.application_uri == MANAGEMENT_API_URI

    def clean(self) -> None:
        """Refuse a System User that is a person."""
        if self.system_user and self.system_user.is_person:
            message = _("%(username)s is a person; choose a System User.")
            raise ValidationError({"system_user": ValidationError(message, params={"username": str(self.system_user)})})
