"""Files made harmless, inside the confined child. Knows no Django: ``apps.core.documents`` is the door."""
