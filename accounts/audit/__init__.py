"""The audit log: writing an entry, and putting entries into words.

Every layer records here; it knows the models alone.
"""
