"""Webhooks: the list, a webhook's page with its messages, its form, its secret.

Only the addresses of the Instance Manager import it.
"""
