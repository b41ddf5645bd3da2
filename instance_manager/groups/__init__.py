"""Groups: the list, a group's page with its members, its form, its deletion.

Only the addresses of the Instance Manager import it.
"""
