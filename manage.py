#!/usr/bin/env python
"""Django's command line, on the hub that the environment, `.env` or a running `make run` describes."""

import os
import sys

from django.core.management import execute_from_command_line

from erpsync.environment import load_files
from integrations.simulator.main import main as simulate

if __name__ == "__main__":
    if sys.argv[1:2] == ["simulate"]:
        # platforms, not the hub: they know no settings
        sys.exit(simulate(sys.argv[2:], "manage.py simulate"))
    load_files()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpsync.settings")
    execute_from_command_line(sys.argv)
