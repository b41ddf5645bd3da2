"""The audit log narrowed down: to people, applications, tokens and Resource Servers, and to what was done to them."""
