"""Fields in which administrators choose from many, and the search that answers while they type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.forms.choosing import SEARCH, Chooser, ChosenOneField, ChosenSeveralField
from accounts.http import SignedInRequest
from accounts.models import User
from accounts.sign_in.decorators import administrator_required
from instance_manager.pages import MANAGE
from reference_tokens.lists.search import WITHOUT_TOKEN, holds_token, without_token_in_search
from reference_tokens.models import ResourceServer
from reference_tokens.pages.checking.form import ServerField
from trusted_apps.built_in import MANAGEMENT_SCOPES
from trusted_apps.models import Scope, TrustedApplication


def chooser(name: str, columns: tuple[str, ...], search_label: Any, **options: Any) -> Chooser:
    """The boxes and the search of a field of this name."""
    url = reverse_lazy(f"manage:choices_{name}")
    return Chooser(columns=columns, search_label=search_label, url=url, pattern=WITHOUT_TOKEN, **options)


def user_label(user: User) -> str:
    """A user in a list of choices."""
    return f"{user.name} ({user.username})" if user.name else user.username


class OwnersField(ChosenSeveralField):
    """The owners of an application, who are mailed about it."""

    def __init__(self, **options: Any) -> None:
        columns, label = ("name", "username", "email"), _("Find people by name, user name or e-mail address")
        active = Q(kind=User.Kind.PERSON, is_active=True)
        widget = chooser("owners", columns, label)
        super().__init__(rows=User.objects.order_by("username"), condition=active, widget=widget, **options)

    def label_from_instance(self, obj: User) -> str:
        """The name and the user name."""
        return user_label(obj)


class SystemUserField(ChosenOneField):
    """The System User of an application: its SATs act as it."""

    def __init__(self, **options: Any) -> None:
        columns, label = ("name", "username"), _("Find System Users by name or user name")
        active = Q(kind=User.Kind.SYSTEM, is_active=True)
        widget = chooser("system_user", columns, label, is_single=True, none_label=_("No System User"))
        super().__init__(rows=User.objects.order_by("username"), condition=active, widget=widget, **options)

    def label_from_instance(self, obj: User) -> str:
        """The name and the user name."""
        return user_label(obj)


class ApplicationField(ChosenOneField):
    """The one application that something is about, or all of them."""

    def __init__(self, **options: Any) -> None:
        columns, label = ("name", "application_uri"), _("Find applications by name or URI")
        widget = chooser("application", columns, label, is_single=True, none_label=_("All applications"))
        rows = TrustedApplication.objects.order_by("name", "id")
        super().__init__(rows=rows, condition=Q(), widget=widget, **options)

    def label_from_instance(self, obj: TrustedApplication) -> str:
        """The name and the URI."""
        return f"{obj.name} ({obj.application_uri})"


class ApplicationsField(ChosenSeveralField):
    """Applications that a Resource Server may ask about."""

    def __init__(self, **options: Any) -> None:
        widget = chooser("applications", ("name", "application_uri"), _("Find applications by name or URI"))
        rows = TrustedApplication.objects.order_by("name", "id")
        super().__init__(rows=rows, condition=Q(), widget=widget, **options)

    def label_from_instance(self, obj: TrustedApplication) -> str:
        """The name and the URI."""
        return f"{obj.name} ({obj.application_uri})"


class MembersField(ChosenSeveralField):
    """People and System Users, to be added to a group."""

    def __init__(self, **options: Any) -> None:
        columns, label = ("name", "username", "email"), _("Find users by name, user name or e-mail address")
        rows = User.objects.order_by("username")
        super().__init__(rows=rows, condition=Q(deleted_at=None), widget=chooser("members", columns, label), **options)

    def label_from_instance(self, obj: User) -> str:
        """The name and the user name."""
        return user_label(obj)


class GroupsField(ChosenSeveralField):
    """The groups of a user."""

    def __init__(self, **options: Any) -> None:
        widget = chooser("groups", ("name",), _("Find groups by name"))
        super().__init__(rows=Group.objects.order_by("name"), condition=Q(), widget=widget, **options)


class AskingServerField(ServerField):
    """Any Resource Server, as the one that asks about a token."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices="manage:choices_server", **options)


def offer_scopes(field: forms.Field, *, kept: Iterable[str] = ()) -> None:
    """Offer every scope of the instance, and the `kept` ones although the instance no longer has them.

    Those of the management API belong to that alone, and are no choice.
    """
    assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
    others = MANAGEMENT_SCOPES.difference(kept)
    offered = {scope.name: f"{scope.name}: {scope.in_words}" for scope in Scope.objects.exclude(name__in=others)}
    gone = {name: gettext("%s: this scope no longer exists") % name for name in kept}
    field.choices = list((gone | offered).items())


# What the rows of a field are added to, and how they belong to it.
BELONGING = {
    "members": (Group, "groups"),
    "owners": (TrustedApplication, "owned_applications"),
    "applications": (ResourceServer, "resource_servers"),
}
BESIDE = "beside"


def belonging_to(name: str, whole: str) -> Q:
    """What belongs already to the group, application or Resource Server with this id; nothing where it is no id."""
    model, relation = BELONGING[name]
    try:
        key = model._meta.pk.clean(whole, None)
    except ValidationError:
        return Q(pk__in=())
    return Q(**{relation: key})


def offer_others(form: forms.Form, name: str, whole: Group | TrustedApplication | ResourceServer) -> None:
    """Offer only what does not belong to it yet, in the form and while one types."""
    widget = form.fields[name].widget
    widget.taken = belonging_to(name, str(whole.pk))
    widget.url = f"{widget.url}?{urlencode({BESIDE: whole.pk})}"


CHOICE_FIELDS = {
    "owners": OwnersField,
    "system_user": SystemUserField,
    "application": ApplicationField,
    "applications": ApplicationsField,
    "groups": GroupsField,
    "members": MembersField,
    "server": AskingServerField,
}


@require_safe
@administrator_required
@without_token_in_search
def choice_list(request: SignedInRequest, what: str) -> HttpResponse:
    """The ticked choices, and at most twenty that the words find."""
    field, words = CHOICE_FIELDS[what](required=False), request.GET.get(f"{what}{SEARCH}", "")
    if what in BELONGING:
        field.widget.taken = belonging_to(what, request.GET.get(BESIDE, ""))
    parts = field.widget.parts(what, request.GET.getlist(what), "" if holds_token(words) else words)
    return MANAGE.page(request, "partials/chooser_answer.html", parts)
