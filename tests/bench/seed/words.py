"""Words as people write them: names, descriptions, reasons."""

from __future__ import annotations

from random import Random

FIRST = """Ana Ben Chloé Dmitri Elif Femi Grace Hiro Ines Jonas Kavya Liam Mei Nora Omar Priya Quinn Rosa Søren Tariq
Uma Viktor Wanda Ximena Yusuf Zoë""".split()
LAST = """Abe Bauer Castro Dubois Eriksen Fischer García Haddad Ivanova Jansen Kowalski López Müller Nguyen Okafor Patel
Quispe Rossi Šimić Tanaka Ueda Van-Dijk Weber Xu Yılmaz Zhang""".split()
PRODUCTS = """Ledger Excel Reports Billing Warehouse Grafana Payroll Catalogue Search Mobile Gateway Invoices Sensors
Helpdesk Calendar Archive Pipeline Portal Forecast Backup""".split()
TEAMS = "finance sales support platform research marketing logistics security data mobile".split()
THINGS = """nightly export|laptop|CI of the monorepo|Jenkins|cron job|Power BI|notebook|home office|staging|production
migration script|dashboard|Raspberry Pi in the lab|on-call bot|Excel add-in|data lake sync|Zürich office|test, delete me
backup|release pipeline|customer demo|VPN box|smoke test|load test|GitHub Actions|terraform|weekly report|phone
Überwachung|sincronización""".replace("\n", "|").split("|")
REASONS = ("", "", "", "No longer needed", "Left the company", "Leaked in a log", "Project ended", "Rotated by hand")
ACTS = "read update create delete export import approve audit list sync".split()


def person_name(draw: Random) -> str:
    """A full name; some people give none."""
    return f"{draw.choice(FIRST)} {draw.choice(LAST)}" if draw.random() < 0.9 else ""


def description(draw: Random, number: int) -> str:
    """What somebody writes about a token; some write nothing."""
    kind = draw.random()
    if kind < 0.15:
        return ""
    thing = draw.choice(THINGS)
    if kind < 0.5:
        return thing
    if kind < 0.8:
        return f"{draw.choice(TEAMS)} {thing}"
    return f"{thing} {number % 1000}"
