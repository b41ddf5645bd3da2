"""The machine addresses (contract §4): HTTP in front of validation and the lifecycle.

Only the server and the middleware of the settings import it.
"""
