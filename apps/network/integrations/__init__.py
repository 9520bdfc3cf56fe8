"""LoRaWAN network servers, one folder for each kind. What they all offer stands in ``base``."""
