"""Keeping the filters of a list under a name, each person for themselves.

They say nothing about tokens that the person could not see, and give no right: nothing is recorded.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.database.compiled_rows import row_locked
from accounts.models import User
from accounts.text.case_folding import equals_text
from reference_tokens.models.saved_filters import SavedFilter

MOST_SAVED = 20


def save_filter(*, user: User, site: str, name: str, query: str) -> None:
    """Keep what an address of this site's list says; the same again changes nothing.

    Raises `ValidationError` for the name of another filter, or for too many.
    """
    with transaction.atomic():
        # One after the other: each counts what those before it saved.
        row_locked(User, user.pk)
        saved = SavedFilter.objects.filter(user=user, site=site)
        if named := saved.filter(equals_text("name", name)).first():
            if named.query == query:
                return
            raise ValidationError({"name": _("You have a saved filter of this name.")})
        if saved.count() >= MOST_SAVED:
            text = _("You have %(most)s saved filters, which is the most. Remove one first.")
            raise ValidationError({"name": text % {"most": MOST_SAVED}})
        SavedFilter.objects.create(user=user, site=site, name=name, query=query)
