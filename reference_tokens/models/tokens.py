"""What is stored of a token: everything but its value."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit.record import Source
from accounts.models import User
from accounts.text.free_text import LineColumn
from accounts.text.reasons import Reason
from accounts.text.validators import plain_text
from reference_tokens.models.digests import DIGEST_BYTES, HashKey, digest_length_check
from reference_tokens.models.leaks import LeakReport
from reference_tokens.models.outside_policy import NONE, Outside, Terms, outside
from trusted_apps.models import TrustedApplication
from trusted_apps.scopes import ScopesField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from reference_tokens.models.use import TokenUse


def indexes_of_order(name: str, *columns: str, is_revoked: bool) -> list[models.Index]:
    """What serves an order of lists (`lists/finding/order.py`): of all tokens, and of an application's."""
    return indexes_where(models.Q(revoked_at__isnull=not is_revoked), name, *columns)


def indexes_where(condition: models.Q, name: str, *columns: str) -> list[models.Index]:
    """What serves an order of those tokens for which the condition holds."""
    return [
        models.Index(fields=[*columns, "id"], name=f"token_by_{name}", condition=condition),
        models.Index(fields=["application", *columns, "id"], name=f"token_of_app_by_{name}", condition=condition),
    ]


class ReferenceTokenQuerySet(models.QuerySet["ReferenceToken"]):
    """Sets of tokens, in the words of the rules."""

    def held_by(self, user: User) -> ReferenceTokenQuerySet:
        """The PATs of a person."""
        return self.filter(holder=user)

    def acting_as(self, user: User) -> ReferenceTokenQuerySet:
        """The PATs of a person, or the SATs of the applications that use a System User."""
        if user.is_person:
            return self.held_by(user)
        # Said by the holder, whom no SAT has, since an index is of these.
        return self.filter(holder=None, application__system_user=user)

    def of(self, application: TrustedApplication) -> ReferenceTokenQuerySet:
        """Every PAT and SAT of an application."""
        return self.filter(application=application)

    def not_ended(self, now: datetime | models.Expression) -> ReferenceTokenQuerySet:
        """Neither revoked nor expired: those that are, or may yet be, good again."""
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now), revoked_at=None)

    def ended(self, now: datetime) -> ReferenceTokenQuerySet:
        """Revoked or expired: never good again."""
        return self.filter(models.Q(revoked_at__isnull=False) | models.Q(expires_at__lte=now))

    def one_by_one(self, at_once: int) -> Iterator[ReferenceToken]:
        """Each, read by one statement, so many at once: what changes meanwhile is not half in what is read.

        PostgreSQL's cursor lives in a transaction, to which a pooler keeps; SQLite needs none, which would lock it.
        """
        needs_one = connection.vendor == "postgresql" and not connection.in_atomic_block
        with transaction.atomic() if needs_one else nullcontext():
            yield from self.iterator(chunk_size=at_once)

    def outside_policy(
        self, now: datetime, application: TrustedApplication | None = None, reasons: Iterable[Outside] = Outside
    ) -> ReferenceTokenQuerySet:
        """Those that could not be issued today, for one of these reasons (POL-6).

        By the rules of each token's own application, or of the one given, as it is in memory, saved or not.
        """
        return self.filter(reduce(or_, outside(now, application, reasons), NONE))

    def in_state(self, state: str, now: datetime) -> ReferenceTokenQuerySet:
        """Those whose `state(now)` is the given one."""
        State = ReferenceToken.State  # noqa: N806 - a class
        if state == State.REVOKED:
            return self.exclude(revoked_at=None)
        if state == State.EXPIRED:
            return self.filter(revoked_at=None, expires_at__lte=now)
        return self.not_ended(now).filter(suspended_at__isnull=state == State.LIVE)


class ReferenceToken(models.Model):
    """A token as the service knows it: everything but its value (TOK-4)."""

    class Kind(models.TextChoices):
        """Whom the token speaks for."""

        PAT = "PAT", _("Personal access token")
        SAT = "SAT", _("Service access token")

    class State(models.TextChoices):
        """What has become of the token by itself; application and holder have a say at validation as well."""

        LIVE = "live", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=3, choices=Kind)
    # The two composite indexes below serve the foreign keys of application and holder as well.
    application = models.ForeignKey(TrustedApplication, on_delete=models.PROTECT, related_name="tokens", db_index=False)
    holder = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="pats", db_index=False)
    # None: issued by the operator at the command line.
    issuer = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    description = LineColumn(_("description"), max_length=200, blank=True, validators=[plain_text])
    scopes = ScopesField(_("scopes"))
    digest = models.BinaryField(max_length=DIGEST_BYTES, unique=True)
    hash_key = models.ForeignKey(HashKey, on_delete=models.PROTECT, related_name="tokens", db_index=False)
    hint = models.CharField(max_length=14)
    issued_at = models.DateTimeField(_("issued"))
    expires_at = models.DateTimeField(_("expires"), null=True)
    request_key = models.UUIDField(null=True)
    # Empty until its first use is stored; then it stays as it is, for `TokenUse` has what each use changes. Of a token
    # that was used before this was kept apart it is the last use by then. The column has its name of that time, which
    # processes of the version before ask for at each validation.
    first_used_at = models.DateTimeField(null=True, editable=False, db_column="last_used_at")
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    revocation_source = models.CharField(max_length=20, blank=True, choices=Source)
    # What was typed; or what the words of the code name (`accounts.text.reasons`).
    revocation_reason = LineColumn(_("reason"), max_length=200, blank=True, validators=[plain_text])
    # With a default of the database's own, so that the release before this one can go on inserting rows.
    revocation_code = models.CharField(max_length=30, blank=True, default="", db_default="")
    revocation_id = models.UUIDField(null=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True)
    suspended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    suspension_source = models.CharField(max_length=20, blank=True, choices=Source)
    suspension_reason = LineColumn(_("reason"), max_length=200, blank=True, validators=[plain_text])
    suspension_code = models.CharField(max_length=30, blank=True, default="", db_default="")
    # Of the last suspension of many that it was one of; kept when it is resumed.
    suspension_id = models.UUIDField(null=True)
    # Of the last resumption of chosen tokens that it was one of.
    resumption_id = models.UUIDField(null=True)
    # Of the first report that it was seen where others can read it.
    exposed_at = models.DateTimeField(_("exposed"), null=True)
    # Nothing deletes reports. SQLite would make the whole table anew to take a constraint away again.
    leak_report = models.ForeignKey(
        LeakReport,
        on_delete=models.PROTECT,
        null=True,
        related_name="tokens",
        db_index=False,
        db_constraint=False,
    )
    # Unused tokens (TOK-14): a token that was resumed gets a fresh period; a warning holds for the period it fell in.
    resumed_at = models.DateTimeField(null=True, editable=False)
    unused_warned_at = models.DateTimeField(null=True, editable=False)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    # The id of the first token of its chain of rotations (TOK-10); empty while it was never rotated.
    family = models.UUIDField(null=True, editable=False)

    objects: ClassVar = ReferenceTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        indexes: ClassVar = [
            models.Index(fields=["application", "issued_at", "id"], name="token_of_application"),
            # Without SATs: SQLite would take all that nobody holds for as few as one person has.
            models.Index(
                fields=["holder", "issued_at", "id"], name="pat_of_holder", condition=models.Q(holder__isnull=False)
            ),
            models.Index(fields=["issued_at", "id"], name="token_by_issue"),
            # Counts the SATs of an application, however many people have its PATs (`lists/live_counts.py`).
            models.Index(
                fields=["application", "expires_at", "holder"],
                name="token_sat_by_expiry",
                condition=models.Q(holder__isnull=True, revoked_at__isnull=True),
            ),
            *indexes_of_order("expiry", "expires_at", "issued_at", is_revoked=False),
            *indexes_where(models.Q(first_used_at__isnull=True, revoked_at__isnull=True), "unused", "issued_at"),
            *indexes_of_order("revocation", "revoked_at", "issued_at", is_revoked=True),
            *indexes_where(models.Q(suspended_at__isnull=False), "suspended", "issued_at"),
            *indexes_where(models.Q(exposed_at__isnull=False), "exposed", "issued_at"),
            models.Index(
                fields=["leak_report"], name="token_of_leak_report", condition=models.Q(leak_report__isnull=False)
            ),
            models.Index(
                fields=["revocation_id"], name="token_of_revocation", condition=models.Q(revocation_id__isnull=False)
            ),
            models.Index(
                fields=["suspension_id"], name="token_of_suspension", condition=models.Q(suspension_id__isnull=False)
            ),
            models.Index(
                fields=["resumption_id"], name="token_of_resumption", condition=models.Q(resumption_id__isnull=False)
            ),
            models.Index(fields=["family"], name="token_of_family", condition=models.Q(family__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind="PAT", holder__isnull=False) | models.Q(kind="SAT", holder__isnull=True),
                name="token_pat_has_a_holder_and_sat_none",
            ),
            digest_length_check("token_digest_is_32_bytes"),
            models.CheckConstraint(condition=~models.Q(scopes=""), name="token_has_a_scope"),
            models.CheckConstraint(
                condition=models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=models.F("issued_at")),
                name="token_expires_after_it_was_issued",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=False)
                | models.Q(revoked_by__isnull=True, revocation_id__isnull=True, revocation_source=""),
                name="token_revocation_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(suspended_at__isnull=False)
                | models.Q(suspended_by__isnull=True, suspension_source="", suspension_reason=""),
                name="token_suspension_has_a_time",
            ),
            # The double click: one form, one token (TOK-3).
            models.UniqueConstraint(fields=["issuer", "request_key"], name="token_one_for_each_request"),
        ]

    def __str__(self) -> str:
        return self.hint

    @property
    def display_name(self) -> str:
        """Its description, or its application's name and its hint; never "Untitled" (TOK-7)."""
        return self.description or f"{self.application.name} {self.hint}"

    @property
    def terms(self) -> Terms:
        """What the rules of its application are held against. A SAT is an administrator's."""
        is_administrator = self.holder.is_administrator if self.holder else True
        return Terms(is_administrator=is_administrator, expires_at=self.expires_at, scopes=self.scopes)

    @property
    def why_revoked(self) -> Reason:
        """The reason that was given when it was revoked."""
        return Reason(self.revocation_reason, self.revocation_code)

    @property
    def why_suspended(self) -> Reason:
        """The reason that was given when it was suspended."""
        return Reason(self.suspension_reason, self.suspension_code)

    @property
    def last_use(self) -> TokenUse | None:
        """Its last use; None where it was never used."""
        # The name of a reverse one-to-one raises an AttributeError where there is none.
        return getattr(self, "use", None) if self.first_used_at else None

    @property
    def last_used_at(self) -> datetime | None:
        """When it was last used; None where it was never used."""
        return self.last_use.last_used_at if self.last_use else None

    @property
    def successor(self) -> ReferenceToken | None:
        """The token that takes its place (TOK-10); None for the newest of its chain."""
        # The name of a reverse one-to-one raises an AttributeError where there is none.
        return getattr(self, "replaced_by", None)

    @property
    def ended_by_its_rotation(self) -> bool:
        """Of an ended token: whether a newer value took its place and nothing else ended it before."""
        successor = self.successor
        return successor is not None and self.revoked_at in {None, successor.issued_at}

    def state(self, now: datetime) -> State:
        """What has become of it by itself, in the order of VAL-1 but for the end, which is final."""
        return state_of(self, now)


def state_of(token: Any, now: datetime) -> ReferenceToken.State:
    """The state of a token, or of what was read of one: `revoked_at`, `expires_at` and `suspended_at`."""
    if token.revoked_at is not None:
        return ReferenceToken.State.REVOKED
    if token.expires_at is not None and now >= token.expires_at:
        return ReferenceToken.State.EXPIRED
    return ReferenceToken.State.LIVE if token.suspended_at is None else ReferenceToken.State.SUSPENDED
