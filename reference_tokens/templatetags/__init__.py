"""Tags of templates that show tokens."""
