"""What the deployment of docs/operations.md survives: `python -m tests.deployment.faults` tells, with figures."""
