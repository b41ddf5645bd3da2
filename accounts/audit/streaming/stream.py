"""The stream of the audit log to a log system: each entry after its commit, in its order (AUD-3).

How far it was sent stands in the database, and is moved on after the sending: a process that ends in between has the
same entries sent again. Their numbers tell; none is lost.
"""

from __future__ import annotations

from accounts.audit.queries import entries_after, last_entry
from accounts.audit.sentences import told_events
from accounts.audit.streaming.destinations import write_entries
from accounts.models import AuditStream

ENTRIES_AT_ONCE = 200


def sent_through() -> int | None:
    """The number of the last entry that was sent; None where no stream was begun yet."""
    return AuditStream.objects.values_list("sent_through", flat=True).first()


def is_behind() -> bool:
    """Whether entries wait to be sent. A stream that is new begins here, with what happens from now on."""
    through = sent_through()
    if through is None:
        AuditStream.objects.get_or_create(defaults={"sent_through": last_entry()})
        return False
    return through < last_entry()


def entries_that_wait() -> int:
    """How many entries are still to be sent."""
    through = sent_through()
    return 0 if through is None else last_entry() - through


def send_portion() -> None:
    """Send the next entries, and remember that; raises `OSError` where the destination does not take them."""
    through = sent_through() or 0
    entries = list(entries_after(through, ENTRIES_AT_ONCE))
    write_entries(told_events(entries))
    # Where another process has sent them too, it may have gone further.
    AuditStream.objects.filter(sent_through=through).update(sent_through=entries[-1].seq)
