"""How long a client may take, and how much may wait (AVA-1, AVA-3)."""

from __future__ import annotations

import resource

# How long a client may take, in total and in seconds: for a request's head, for its body, for reading the answer.
HEAD_SECONDS = 10
BODY_SECONDS = 20
ANSWER_SECONDS = 60
# A body that is not there by then may be long in coming: a caller that authenticates by header is asked first.
HEAD_CHECK_SECONDS = 0.25
# What is left of a refused request is read and dropped, or the client may lose the answer (RFC 9112 §9.6).
LINGER_SECONDS = 2
STOP_SECONDS = 5
SWEEP_SECONDS = 0.1
# So long a worker leaves a new client to one that has fewer, before it takes it in.
LEAVE_SECONDS = 0.003
# So often gunicorn's master is told that the process lives, which it doubts after a minute.
NOTICE_SECONDS = 0.25
RECEIVED_AT_ONCE = 65_536
# An answer is sent in pieces of this size; a thread waits for its client only where more than the second is left.
SENT_AT_ONCE = 65_536
LONGEST_UNSENT = 1_048_576
MOST_OPEN_FILES = 8192
# Of the files that a process may have open, so many are for its work: connections to the database, templates, modules.
FILES_FOR_WORK = 100
# Which part of a worker's connections may wait for the threads of the sites, of the machine addresses, of `/healthz`,
# of reports of leaks: together less than all, so that there is always room for one more client.
SHARE_OF_SITES, SHARE_OF_MACHINES, SHARE_OF_HEALTH, SHARE_OF_LEAKS = 1 / 4, 1 / 2, 1 / 8, 1 / 16
BUSY_SECONDS = 5
# The event loop answers what only reads by itself while that takes no longer, as a mean over so many answers; else the
# threads answer for the next moment.
QUICK_SECONDS = 0.001
ANSWERS_OF_MEAN = 16
THREADS_SECONDS = 0.25
# So many requests are read before they are answered, and answered before they are sent: each waits for the others.
ANSWERED_TOGETHER = 16
# After so long another thread runs the event loop while its own waits for the database.
RELIEF_SECONDS = 0.02
# Python lets a thread compute for this long while others wait; at its own 5 ms a page would hold up a validation.
SWITCH_SECONDS = 0.001


def allow_open_files(most: int) -> int:
    """Let this process hold as many files as it may, up to `most`: each client is one. Returns how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


def clients_beside_work(files: int) -> int:
    """How many of these files may be clients."""
    return max(files - FILES_FOR_WORK, files // 2)
