"""Signing in: the pages for it, who may come in, and how django-allauth is bound to this product.

The sites import its decorators; nothing else of accounts imports it, but for its addresses.
"""
