"""Notices: mails about tokens that expire, are unused or were ended by somebody else.

The lifecycle notes them, maintenance sends them.
"""
