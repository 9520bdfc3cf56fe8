"""Python's garbage collector in processes that handle many small objects."""

from __future__ import annotations

import gc

#: New objects between two looks of the collector. Python's 700 makes it look at every few messages.
OBJECTS = 100_000


def rest_the_collector() -> None:
    """Let the collector look rarely, and never at what stands already: for a process with a steady load.

    Measured with the ingest: a quarter of its time went into looking through objects that are freed by
    their counts anyway; of the web server's answers long series gain most. What has cycles is still
    found, later.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, 50, 100)
