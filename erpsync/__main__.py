"""`python -m erpsync run`: what `make run` calls."""

import argparse
import sys

from erpsync.run import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m erpsync")
    parser.add_argument("command", choices=["run"], help="start the whole hub here, and stop it with Ctrl-C")
    parser.parse_args()
    sys.exit(run())
