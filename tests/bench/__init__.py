"""`python -m tests.bench`: how fast the service is, beside its peers, over a database of realistic content."""
