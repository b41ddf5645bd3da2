"""The fence: what ended, kept outside the database, so that no older copy of the database revives it (RUN-5).

Every act that ends or issues something leaves a line there just before its commit: ids, never more. `lifecycle` and
what stands above it may import this package; `restoring` holds the fence against the database.
"""
