"""The pictures of README and docs/, and the states of pages to look at: `python -m tests.pictures`."""
