"""Setting a person's password: they change it themselves, or use a link that was mailed to them."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.audit.record import Actor, Target, record_event
from accounts.mails.message import Letter
from accounts.models import Invitation, PasswordReset, User
from accounts.outbox.letters import queue_letter
from accounts.sessions.devices import end_other_devices

if TYPE_CHECKING:
    from django.db.models import QuerySet


def set_password(  # noqa: PLR0913 - who, whose, what, when, and what it takes
    *,
    actor: Actor,
    user: User,
    password: str,
    now: datetime,
    current_key: str = "",
    link: QuerySet[Any] | None = None,
    action: str = "user:change_password",
) -> bool:
    """Give the person this password and end their sessions, but for the one with `current_key`.

    They are told by mail, unless an invitation lets them choose their first. `link` is the mailed link that allows it,
    if there is one.
    The same transaction uses up this link and every other one they have. False where the link is gone, or the person
    may not sign in. Raises `ValidationError` for a weak password.
    """
    validate_password(password, user)
    # Hashing takes time by design. It stands before the transaction, which on SQLite holds up every other writer.
    encoded = make_password(password)
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if link is not None and not link.delete()[0]:
            return False
        if not person.is_person or not person.is_active:
            return False
        User.objects.filter(pk=person.pk).update(password=encoded)
        for links in (Invitation, PasswordReset):
            links._default_manager.filter(user=person).delete()  # noqa: SLF001 - Django's public name for it
        ended = end_other_devices(actor=actor, user=person, current_key=current_key, now=now)
        # Who is invited has just come from a mail of ours. To who signs in otherwise, a password is another way in.
        is_invited = link is not None and not person.has_usable_password()
        if person.email and not is_invited:
            queue_letter(partial(password_changed_letter, person), to=person, now=now)
        record_event(actor, action, Target.user(person.pk), now=now, details={"sessions_ended": ended})
    return True


def password_changed_letter(person: User) -> Letter:
    """To the person: their password was changed."""
    return Letter(
        subject=_("Your password was changed"),
        paragraphs=[
            _("The account %(username)s has a new password. Its other sessions were ended; its tokens keep working.")
            % {"username": person.username},
        ],
        action_label=_("Choose another password"),
        action_path=reverse("password_reset"),
        closing=[_("If it was not you, change your password at once, check your tokens and tell an administrator.")],
    )
