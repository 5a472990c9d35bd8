#!/usr/bin/env python
"""Django's command line, on the hub that the environment, `.env` or a running `make run` configures."""

import os
import sys

from django.core.management import execute_from_command_line

from erpsync.environment import load_files, needs_no_hub, stand_in
from erpsync.rehearsal.surroundings import enter
from integrations.simulator.main import main as simulate

if __name__ == "__main__":
    if sys.argv[1:2] == ["simulate"]:
        # the simulated platforms have no settings
        sys.exit(simulate(sys.argv[2:], "manage.py simulate"))
    load_files()
    if sys.argv[1:2] in (["rehearse"], ["replay"]):
        # a hub of its own: the one configured above is somebody's data
        enter()
    elif needs_no_hub(sys.argv[1:]):
        stand_in()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpsync.settings")
    execute_from_command_line(sys.argv)
