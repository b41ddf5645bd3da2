"""Work that no request asks for: housekeeping, its background worker, and the check at the start.

Commands, the server and the health endpoint import it.
"""
