"""What can be managed: a module of calls for each kind of thing."""
