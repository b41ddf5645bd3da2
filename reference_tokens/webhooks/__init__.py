"""Webhooks: what happens is told to the addresses that administrators registered, in signed messages (contract 4.9).

What happens is read from the audit log, by a thread of its own; the messages wait in the outbox.
"""
