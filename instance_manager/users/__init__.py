"""Users and groups: the lists, their pages, and what an administrator does to them.

Only the addresses of the Instance Manager import it, and pages that find users.
"""
