"""The machine addresses (contract §4): HTTP in front of validation and the lifecycle.

The WSGI application and the profile's own machine address import it.
"""
