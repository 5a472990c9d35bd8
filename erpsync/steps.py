"""Management commands that prepare the hub: run side by side, each with its output in a log of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from erpsync.environment import BASE_DIR, RUN_DIR
from erpsync.preflight import CannotRun
from erpsync.tether import tether

STEP_SECONDS = 600
LOOK_SECONDS = 0.05
MANAGE = (sys.executable, str(BASE_DIR / "manage.py"))


def run_steps(
    steps: Mapping[str, tuple[str, ...]], environment: Mapping[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """Run commands side by side; returns their outputs. `steps`: the words of manage.py by what a person reads.

    None outlives the call, nor this process. Raises CannotRun with the last line of the first that fails.
    """
    running = {title: _begin(words, environment) for title, words in steps.items()}
    began, outputs = time.monotonic(), dict[str, str]()
    try:
        while len(outputs) < len(running):
            for title, process in running.items():
                if title not in outputs and process.poll() is not None:
                    outputs[title] = _output(title, process, _log(steps[title]))
                    say(f"  {title:<24} {time.monotonic() - began:4.1f} s")
            if time.monotonic() - began > STEP_SECONDS:
                raise CannotRun(f"{', '.join(running.keys() - outputs.keys())}: not done after {STEP_SECONDS} s")
            time.sleep(LOOK_SECONDS)
    finally:
        for process in running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return outputs


def _begin(words: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with _log(words).open("wb") as output:
        return subprocess.Popen(
            [*MANAGE, *words], env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=tether(signal.SIGKILL),
        )  # fmt: skip


def _output(title: str, process: subprocess.Popen[bytes], log: Path) -> str:
    output = log.read_text()
    if process.returncode:
        raise CannotRun(f"{title}: {(output.strip().splitlines() or ['failed'])[-1]} (all of it: {log})")
    return output


def _log(words: tuple[str, ...]) -> Path:
    return RUN_DIR / "logs" / f"{words[0]}.log"
