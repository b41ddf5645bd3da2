"""The help (`/help/`): pages written in docs/help/, a search over them, and what leads to each of their answers.

Both sites, and the pages they share, link to it through `links`.
"""
