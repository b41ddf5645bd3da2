"""The server: gunicorn's worker of this project, and how requests are read.

Only gunicorn's configuration imports it; it knows which addresses are for machines, and nothing else of the apps.
"""
