"""Processes killed at marked points of issue, revocation and mass revocation, around the commit itself."""
