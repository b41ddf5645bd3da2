"""Authlib's introspection endpoint in Django, as its documentation sets it up."""
