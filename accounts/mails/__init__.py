"""Mails to people: their form, and how a mail about an account is stored and delivered.

Whatever tells somebody something imports it.
"""
