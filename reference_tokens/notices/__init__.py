"""Notices: mails about tokens that expire soon, are unused, rotated themselves, or were ended by somebody else.

The lifecycle and maintenance note them; the outbox sends them.
"""
