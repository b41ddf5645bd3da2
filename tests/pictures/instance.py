"""The instance that the pictures show, as code that a shell of the service runs."""

from __future__ import annotations

# An instance as it looks after some months: the example of `quickstart`, and what a company would add.
LIVED_IN = """
import datetime
from django.utils import timezone
from accounts.audit.record import OPERATOR, Actor, Source
from accounts.mailed_links.invitations import invite_person
from accounts.mailed_links.links import link_digest
from accounts.models import Invitation, PasswordReset, User
from accounts.people.creation import create_user
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat, issue_sat
from reference_tokens.lifecycle.offboarding import deactivate_with_tokens, delete_with_tokens
from reference_tokens.models import AnswerCount, DailyUse, ReferenceToken, RefusalCount, ResourceServer, TokenUse
from reference_tokens.models import SavedFilter
from reference_tokens.usage.sources import with_uses
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.rotation import rotate_token
from reference_tokens.models import Webhook, WebhookDelivery
from reference_tokens.webhooks.bodies import message
from reference_tokens.webhooks.expiries import told_until
from reference_tokens.webhooks.registration import create_webhook, set_paused
from trusted_apps.models import Scope, TrustedApplication
from trusted_apps.registration import create_application

now = timezone.now()
def ago(**amount): return now - datetime.timedelta(**amount)
def user(username, name, **more): return create_user(actor=OPERATOR, now=now, username=username, name=name, **more)

ada, robot = User.objects.get(username="admin"), User.objects.get(username="robot")
alice = User.objects.get(username="alice")
alice.email = "alice@example.com"; alice.time_zone = "Pacific/Auckland"; alice.set_password({password!r}); alice.save()
alice.groups.create(name="Logistics"); alice.groups.create(name="Data")
ada.set_password({password!r}); ada.save()
ben = user("ben", "Ben Miller", password={password!r})
SavedFilter.objects.create(user=ben, site="profile", name="Unused for a quarter", query="?unused=90")
SavedFilter.objects.create(user=ben, site="profile", name="Scripts", query="?q=script")
user("zoe", "Zoe Lang", password={password!r})
carol = user("carol", "Carol Quist", email="carol@example.com")
Invitation.objects.create(user=carol, digest=link_digest("pictured"), invited_at=now)
PasswordReset.objects.create(user=carol, email=carol.email, digest=link_digest("pictured"), asked_at=now)
stock = user("svc-stock", "Stock service", is_system=True)
Scope.objects.create(name="export", description="Download data in bulk.")
excel = TrustedApplication.objects.get(application_uri="com.example/excel")
scheduler = TrustedApplication.objects.get(application_uri="com.example/scheduler")
TrustedApplication.objects.filter(pk=excel.pk).update(system_user=stock, scopes=["export", "read", "update"],
    description="Reads and writes the workbooks of finance and logistics.")
excel.refresh_from_db(); excel.owners.add(ben)
api = ResourceServer.objects.get()

def token(name, application, holder=None, scopes=("read",), days=90, issued=30, used=None, address="10.1.2.3"):
    token_request = TokenRequest(scopes=scopes, expires_at=now + datetime.timedelta(days=300), description=name)
    issue = dict(actor=OPERATOR, application=application, token_request=token_request, now=now)
    made = (issue_pat(user=holder, **issue) if holder else issue_sat(**issue)).token
    ReferenceToken.objects.filter(pk=made.pk).update(
        issued_at=ago(days=issued), expires_at=now + datetime.timedelta(days=days), first_used_at=used)
    if used:
        TokenUse.objects.create(token=made, application=application, last_used_at=used,
            last_used_server=None if address else api, last_used_address=address or None)
        work(made, (now - used).days, issued)
    return made

def work(token, latest, earliest):
    rhythm = (len(token.description) + 3) * 37
    DailyUse.objects.bulk_create(
        DailyUse(token=token, day=ago(days=back).date(),
            accepted=(rhythm * (back + 7) ** 2) % 211 * (ago(days=back).weekday() < 5),
            refused=(rhythm * back) % 31 % 7 if back % 11 == 3 else 0)
        for back in range(latest, earliest))

nightly = token("Nightly stock export", excel, alice, ("export", "read"), 24, 66, ago(minutes=12))
token("Laptop", excel, alice, ("read", "update"), 358, 7, ago(hours=3), "")
token("Quarter report, until the new warehouse is connected", excel, alice, ("read",), 5, 85, ago(days=1), "192.0.2.17")
hall = token("Dashboard in the hall", excel, alice, ("read",), 61, 4)
token("", excel, alice, ("read",), 88, 2, ago(days=2), "")
token("Import of orders", excel, None, ("read", "update"), 212, 153, ago(minutes=1), "")
token("Price list for the shops", excel, ben, ("export", "read"), 40, 50, ago(hours=8), "10.1.7.40")
token("Backup", excel, None, ("export",), 3, 87, ago(days=4), "10.1.2.9")
suspended = token("Contractor", excel, ben, ("read",), 20, 40, ago(days=12), "203.0.113.8")
ReferenceToken.objects.filter(pk=suspended.pk).update(suspended_at=ago(days=10))
token("Old laptop", excel, alice, ("read",), -20, 110, ago(days=31))
lost = token("Trial in a notebook", excel, alice, ("read",), 30, 60, ago(days=3), "198.51.100.4")
by_ada = Actor.person(ada, Source.MANAGE)
revoke_token(actor=by_ada, token_id=lost.pk, now=ago(days=2), reason="It was found in a public repository")
report = token("Weekly report", excel, alice, ("read",), 200, 165, ago(days=2), "10.1.2.3")
rotate_token(actor=OPERATOR, token_id=report.pk, overlap=datetime.timedelta(days=7), now=ago(days=3))
token("Maintenance window", scheduler, ada, ("read", "update"), 14, 16, ago(days=6))
burst = token("Migration, done in a day", excel, alice, ("read",), 10, 80, ago(days=9))
burst.daily_uses.all().delete()
DailyUse.objects.create(token=burst, day=ago(days=9).date(), accepted=1_204_377, refused=3)
TokenUse.objects.filter(pk=nightly.pk).update(recent_sources=with_uses("",
    [("10.1.2." + str(3 + number), ago(minutes=12, days=number * 3)) for number in range(5)]))
till, clerks = create_application(actor=OPERATOR, now=now, application_uri="com.example/till", name="Tills",
    access_tokens_policy="AuthenticatedUsers", scopes=["read", "update"], system_user=robot), (ben, ada)
for number in range(1, 49):
    token(f"Till {{number}}" if number % 6 else "", till, clerks[number % 2] if number % 4 else None,
        ("read", "update")[: 1 + number % 2], 9 + number * 4, 100 + number,
        ago(hours=number * 7) if number % 5 else None)
AnswerCount.objects.bulk_create(
    AnswerCount(day=ago(days=number).date(), client_id="", outcome=outcome, count=share * (40 + number * 37 % 50))
    for number in range(30) for outcome, share in (("active", 31), ("expired", 2)))
def refused(reason, of=None, server=None, door="forward_auth", address=None, last=now, minutes=3, count=4):
    RefusalCount.objects.bulk_create(
        RefusalCount(token=of, application_id=of and of.application_id, server=server, reason=reason, door=door,
            address=address, count=count, minute=at.replace(second=0, microsecond=0), first_at=at, last_at=at)
        for at in (last - datetime.timedelta(minutes=each) for each in range(minutes)))
refused("revoked", lost, api, address="198.51.100.4", last=ago(minutes=3), minutes=40, count=61)
refused("revoked", lost, door="token_itself", address="198.51.100.4", last=ago(hours=2), minutes=1, count=1)
refused("suspended", suspended, api, "introspection", last=ago(hours=5))
refused("insufficient_scope", nightly, api, address="10.1.2.3", last=ago(days=2), minutes=2)
refused("unknown", None, api, "introspection", last=ago(minutes=50), minutes=6, count=2)
refused("wrong_secret", None, api, "introspection", "10.1.9.20", ago(days=6), count=20)
AnswerCount.objects.bulk_create(
    AnswerCount(day=ago(days=1).date(), client_id=api.client_id, outcome=outcome, count=count)
    for outcome, count in (("active", 120_411), ("expired", 898), ("revoked", 2440), ("unknown", 12)))
invite_person(actor=by_ada, username="mira", email="mira@example.com", name="Mira Sand", now=ago(days=2))
invite_person(actor=by_ada, username="tom", email="tom@example.com", now=ago(days=9), is_administrator=True)
deactivate_with_tokens(actor=by_ada, user=user("gina", "Gina Roth", email="gina@example.com"), now=ago(days=1))
delete_with_tokens(actor=by_ada, user=user("hugo", "Hugo Lenz"), now=ago(days=1))
stock.groups.set(alice.groups.filter(name="Data"))
hook = dict(actor=by_ada, now=ago(days=12), types=["token.revoked", "token.expiring"])
chat, _secret = create_webhook(url="https://chat.example.com/hooks/tokens", description="Chat of the operators", **hook)
store, _secret = create_webhook(url="https://stock.example.com/tokens", description="Stock system", **hook)
for number, (kind, state, status, tries) in enumerate([
        ("token.expiring", "delivered", 204, 1), ("token.revoked", "failed", 503, 10),
        ("token.revoked", "delivered", 200, 3), ("webhook.test", "delivered", 204, 1)]):
    at = ago(days=4 - number)
    WebhookDelivery.objects.create(webhook=chat, type=kind, payload=message(kind, at, {{"webhook": "1"}}), state=state,
        attempts=tries, last_status=status, created_at=at, done_at=at)
set_paused(actor=by_ada, webhook_id=store.pk, now=ago(days=3), is_paused=True)
# Nothing that happens is told: the host is none of ours.
Webhook.objects.update(read_through=2**60, expiries=told_until(ago(days=-3650)))
print(excel.pk)
print(TrustedApplication.objects.get(application_uri="com.example/archive").pk)
print(TrustedApplication.objects.get(application_uri="com.example/legacy").pk)
for each in (nightly, hall, burst, lost, suspended, report):
    print(each.pk)
"""

# Ben's second factors, as new; prints a recovery code.
FACTORS_OF_BEN = """
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.second_factors.factors import remove_all
from tests.second_factors import app_of, passkey_of

ben = User.objects.get(username="ben")
remove_all(actor=OPERATOR, user=ben, now=timezone.now())
_app, codes = app_of(ben)
for name, traits in (("Laptop", {}), ("Blue key on the key ring", {"is_discoverable": False})):
    passkey_of(ben, name=name, **traits)
print(codes[0])
"""

# The language in which somebody reads the pages.
READS = """
from accounts.models import User

User.objects.filter(username={username!r}).update(language={language!r})
"""
