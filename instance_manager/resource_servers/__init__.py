"""Resource Servers: the list, a server's page, its form, its applications, ready configurations.

Only the addresses of the Instance Manager import it.
"""
