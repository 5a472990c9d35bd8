"""Entry point of `python -m integrations.simulator`."""

import sys

from integrations.simulator.main import main

sys.exit(main(program="python -m integrations.simulator"))
