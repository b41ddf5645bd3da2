"""Limits: how often something may be tried, and how much costly work is done at a time.

What asks about a secret, a password or much of the audit log imports it; it knows requests, and no people.
"""
