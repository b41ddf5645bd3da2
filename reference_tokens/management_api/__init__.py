"""The management API: what the Instance Manager can do, for programs (contract 5, API-1 to API-3).

`door` takes each request through the same steps; `resources` has a module for each thing that can be managed. All of
it is loaded with the first request to it, so that a process that only validates tokens does not carry it.
"""
