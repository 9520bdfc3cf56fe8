"""The language of OGC SensorThings 1.1: kinds of entities, addresses, query options, filters. Pure."""
