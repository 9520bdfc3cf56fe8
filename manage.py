#!/usr/bin/env python
"""Entry point of Django's commands; development settings unless told otherwise."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 -- app ready

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
