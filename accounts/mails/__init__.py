"""Mails to people: the one form of all of them, and handing one over to the mail server.

The outbox sends by it; modules that write a letter import its form.
"""
