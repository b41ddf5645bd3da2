"""Trusted Apps: the list, an application's page, its form, its owners.

Only the addresses of the Instance Manager import it.
"""
