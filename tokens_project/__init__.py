"""The Django project of the service."""

VERSION = "0.1.0"
