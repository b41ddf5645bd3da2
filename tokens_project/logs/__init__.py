"""Logs and error reports: never a secret in them, and lines that repeat are told once a minute.

The settings name what stands here.
"""
