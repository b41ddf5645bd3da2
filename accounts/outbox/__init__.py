"""The outbox: what is stored to be sent, with the change that it tells of; each app registers its kinds of entries.

What tells somebody something stores here; the background worker sends.
"""
