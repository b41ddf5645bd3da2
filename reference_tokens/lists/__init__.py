"""Lists of tokens: a section of a page, its rows and its export.

Pages of both sites and the management API import it; it changes nothing. Which tokens a list shows is in `finding`, the
form of its filters in `filtering`, and its columns and cells in `table`. The states that other lists can be narrowed to
are in `application_states` and `server_states`.
"""
