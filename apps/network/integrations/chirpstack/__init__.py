"""ChirpStack v4 over gRPC."""
