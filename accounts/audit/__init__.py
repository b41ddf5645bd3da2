"""The audit log: writing entries, reading them, and putting them into words that each app registers for its own.

Every layer records here; it knows the models, the shape of reasons and the registry of pages alone.
"""
