"""Password hashes whose memory is bounded, per hash and per process."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

# each takes its memory for some 30 ms; whoever comes meanwhile waits
AT_ONCE = 4
_room = BoundedSemaphore(AT_ONCE)


class BoundedArgon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB and two passes (OWASP's least), at most `AT_ONCE` at a time: Django's default takes 100 MB each, and 32
    guesses at once took more than a small server has. Older hashes are verified as they are and renewed when somebody signs in."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> Any:
        with _room:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> Any:
        with _room:
            return super().verify(password, encoded)
