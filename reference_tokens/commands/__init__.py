"""What several commands of this layer need: which tokens and Resource Servers are meant, and asking first."""
