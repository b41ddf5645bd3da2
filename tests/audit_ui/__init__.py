"""What the interface promises, measured in a browser on an instance with 400 applications and 50,000 tokens."""
