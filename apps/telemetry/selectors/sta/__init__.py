"""What a key sees, as SensorThings tells it."""
