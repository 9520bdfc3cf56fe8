"""The Things Stack v3 over its HTTP API."""
