"""Backups: all that an instance stores in one signed file, which either database can be filled from (RUN-5).

`archive` writes and reads the file, `making` backs up while the service works, `restoring` fills an empty database and
ends again what the fence tells.
"""
