"""A network server that is only played, for the demo."""
