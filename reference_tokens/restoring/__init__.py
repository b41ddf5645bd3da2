"""What an older copy of the database would revive, ended again as the fence tells (RUN-5).

The lines that this database does not know are gathered (`tail`), done again (`again`), and the place is kept from which
the next look begins (`holding`).
"""
