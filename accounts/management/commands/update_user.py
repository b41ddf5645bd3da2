from __future__ import annotations

from argparse import BooleanOptionalAction
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.audit.record import OPERATOR
from accounts.commands import Command as BaseCommand
from accounts.commands import Error, find_user_who_is_here, user_result
from accounts.models import User
from accounts.people.administrators import LastAdministrator, make_administrator, remove_administrator_rights
from accounts.people.changes import change_user
from accounts.people.directory import everybody
from accounts.text.case_folding import equals_text

COLUMNS = {"name": "name", "email": "email", "new_username": "username"}


class Command(BaseCommand):
    help = "Change a person or a System User. What is not given stays as it is."
    example = 'update_user alice --name "Alice Example" --email alice@example.com'

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whom to change")
        parser.add_argument("--name", help="the full name that others see")
        parser.add_argument("--email", help='the e-mail address of a person; "" for none')
        parser.add_argument("--new-username", metavar="USERNAME", help="of a System User; the old one is never reused")
        parser.add_argument("--administrator", action=BooleanOptionalAction, help="may use the Instance Manager")
        parser.add_argument("--group", action="append", metavar="NAME", help="in place of their groups (repeatable)")
        parser.add_argument("--no-group", action="store_const", const=[], dest="group", help="they are in no group")

    def run(self, options: dict[str, Any]) -> dict[str, Any]:
        user, now = find_user_who_is_here(options["username"]), timezone.now()
        groups = None if options["group"] is None else [group_called(name) for name in options["group"]]
        values = {column: options[name] for name, column in COLUMNS.items() if options[name] is not None}
        with transaction.atomic():
            change_user(actor=OPERATOR, user_id=user.pk, now=now, groups=groups, **values)
            if options["administrator"] is not None:
                set_administrator(user, is_administrator=options["administrator"])
        return user_result(everybody().get(pk=user.pk))

    def lines(self, result: dict[str, Any]) -> list[str]:
        facts = ["active" if result["is_active"] else "inactive"]
        facts += ["an administrator"] if result["is_administrator"] else []
        return [f"{result['username']} is {' and '.join(facts)}."]


def set_administrator(user: User, *, is_administrator: bool) -> None:
    """Give or remove the rights; raises `Error` where they cannot be."""
    act: Any = {"actor": OPERATOR, "user_id": user.pk, "now": timezone.now()}
    if is_administrator:
        if not user.is_person:
            raise Error("a System User cannot be an administrator.")
        if not user.is_active:
            raise Error(f"{user.username} is inactive: reactivate_user comes first.")
        make_administrator(**act)
        return
    try:
        remove_administrator_rights(**act)
    except LastAdministrator as refused:
        raise Error(str(refused)) from refused


def group_called(name: str) -> Group:
    """The group of this name, in any case; raises `Error`."""
    # PostgreSQL takes no NUL, and no name has one.
    group = Group.objects.filter(equals_text("name", name)).first() if "\0" not in name else None
    if group is None:
        raise Error(f"there is no group named {name}.")
    return group
