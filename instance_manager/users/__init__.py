"""Users: the list, a user's page, and what an administrator does to them.

Only the addresses of the Instance Manager import it, and the pages that find users: of applications and groups.
"""
