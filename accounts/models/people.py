"""People, and the user names that nobody is given again."""

from __future__ import annotations

import re
import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.text.character_lookups import BeginsWithOneOf, MadeOf
from accounts.text.free_text import EmailColumn, LineColumn, WordColumn
from accounts.text.validators import (
    USERNAME_CHARACTERS,
    USERNAME_PATTERN,
    known_language,
    known_time_zone,
    plain_text,
    username_characters,
)

for lookup in (MadeOf, BeginsWithOneOf):
    models.CharField.register_lookup(lookup)


class UserManager(BaseUserManager["User"]):
    """Finds people by the name they sign in with."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user of that name, in any case; raises `User.DoesNotExist`."""
        return self.named(username or "").get()

    def named(self, username: str) -> models.QuerySet[User]:
        """The user of that name, in any case, or nobody."""
        # An invalid name is not looked up: PostgreSQL writes a dotless i as I too, and takes no NUL.
        if not re.match(USERNAME_PATTERN, username):
            return self.none()
        # By the expression of the unique index, which "iexact" cannot use.
        return self.alias(lowered=Lower("username")).filter(lowered=username.lower())


class User(AbstractBaseUser):
    """A person, or a System User: an identity for software that can never sign in (PEO-1)."""

    class Kind(models.TextChoices):
        """A person signs in; a System User has no way in."""

        PERSON = "PERSON", _("Person")
        SYSTEM = "SYSTEM", _("System User")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.PERSON)
    username = WordColumn(_("user name"), max_length=150, unique=True, validators=[username_characters])
    name = LineColumn(_("name"), max_length=150, blank=True, validators=[plain_text])
    email = EmailColumn(_("e-mail address"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    groups = models.ManyToManyField(Group, verbose_name=_("groups"), blank=True, related_name="users")
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    # For showing texts and times to this person; nothing is stored or compared in them.
    # Empty where the person chose none: pages are in the language of the browser, mails in that of the service.
    language = models.CharField(_("language"), max_length=10, blank=True, default="", validators=[known_language])
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC", validators=[known_time_zone])
    # The person is anonymised; the row stays for the audit log and as the holder of tokens (TOK-11).
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        # Few of very many.
        indexes: ClassVar = [
            models.Index(fields=["id"], name="user_administrator", condition=models.Q(is_administrator=True)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique_without_case",
                violation_error_message=_("This user name is taken."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_unique_without_case",
                violation_error_message=_("Another user has this e-mail address."),
            ),
            models.CheckConstraint(
                condition=models.Q(username__made_of=USERNAME_CHARACTERS, username__gt=""),
                name="user_username_characters",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["PERSON", "SYSTEM"]),
                name="user_kind_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="SYSTEM", is_administrator=True),
                name="user_system_user_is_no_administrator",
                violation_error_message=_("A System User cannot be an administrator."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind="PERSON") | models.Q(password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="user_system_user_has_no_password",
                violation_error_message=_("A System User cannot have a password."),
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def is_person(self) -> bool:
        """Whether this is somebody who can sign in, not software."""
        return self.kind == self.Kind.PERSON

    @property
    def display_name(self) -> str:
        """The name others see: the full name, or the user name where none was given."""
        if self.deleted_at:
            return str(_("Deleted user"))
        return self.name or self.username

    @property
    def name_beside_others(self) -> str:
        """The name in a list of several people, as of actors or holders.

        It includes the user name: a person may choose the full name of somebody else, but no two user names are alike.
        """
        return self.display_name if self.deleted_at or not self.name else f"{self.name} ({self.username})"

    @property
    def initials(self) -> str:
        """One or two letters, where there is no room for the name."""
        words = self.display_name.split()
        return "".join(word[0] for word in [words[0], *words[1:][-1:]]).upper()


class FormerUsername(models.Model):
    """The digest of a user name that somebody had: it is never given to anybody else (PEO-1)."""

    digest = models.BinaryField(max_length=32, unique=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()
