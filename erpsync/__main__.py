"""`python -m erpsync run` is what `make run` calls, `python -m erpsync serve web|receiver` what a container runs."""

import argparse
import os
import sys

from erpsync.run import run
from erpsync.serving import server

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m erpsync")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start the whole hub here, and stop it with Ctrl-C")
    serve = commands.add_parser("serve", help="serve one kind of web process")
    serve.add_argument("kind", choices=sorted(server.APPLICATIONS))
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, help="default: 8000 for web, 8001 for receiver")
    asked = parser.parse_args()
    if asked.command == "run":
        sys.exit(run())
    words = server.command(asked.kind, asked.host, asked.port)
    os.execv(words[0], words)  # noqa: S606  (the server takes this process's place, and its signals)
