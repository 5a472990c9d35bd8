"""Fault injection: chaos levels, each rate also settable alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from integrations.simulator.draws import Draws

# The trade's oddities, as shares of the orders (or, `odd_codes`, `odd_replaced`, of those after whose placing one happens).
# What each is: README.md.
ODDITIES: Mapping[str, float] = {
    "odd_silent": 0.08,
    "odd_repeats": 0.08,
    "odd_long": 0.08,
    "odd_fields": 0.08,
    "odd_fulfilled": 0.06,
    "odd_replaced": 0.06,
    "odd_codes": 0.05,
    "odd_repacked": 0.15,
    "odd_partial": 0.2,
    "odd_replacement": 0.1,
    "odd_imports": 0.3,  # of the shops
}
# shares of 1, except those in seconds
CALM: Mapping[str, float] = {
    "webhook_dropped": 0.0,
    "webhook_duplicated": 0.0,
    "webhook_delayed": 0.0,
    "webhook_delay_seconds": 0.0,  # the longest delay, logical seconds
    "server_error": 0.0,  # a 5xx before any effect
    "answer_lost": 0.0,  # the call takes effect, and the connection closes without an answer
    "rate_limited": 0.0,  # share of calls that start a burst of refusals
    "rate_limit_seconds": 2.0,  # how long a burst lasts, real seconds
    "token_life_seconds": 0.0,  # real seconds after which a token expires whatever life was promised; 0: never early
    "partial_batch": 0.0,  # share of rows of a batch write that are refused at random
    "clock_skew_seconds": 0.0,  # a platform's clock is wrong by up to so much, constant per platform
    "answer_seconds": 0.0,  # latency: each call takes at least so long, real seconds
    **dict.fromkeys(ODDITIES, 0.0),
}
LEVELS: Mapping[str, Mapping[str, float]] = {
    "calm": CALM,
    "odd": {**CALM, **ODDITIES},
    "rough": {
        **CALM,
        **ODDITIES,
        "webhook_dropped": 0.05,
        "webhook_duplicated": 0.10,
        "webhook_delayed": 0.10,
        "webhook_delay_seconds": 10.0,
        "server_error": 0.01,
        "answer_lost": 0.01,
    },
    "hostile": {
        **CALM,
        **ODDITIES,
        "webhook_dropped": 0.15,
        "webhook_duplicated": 0.30,
        "webhook_delayed": 0.30,
        "webhook_delay_seconds": 60.0,
        "server_error": 0.025,
        "answer_lost": 0.025,
        "rate_limited": 0.002,
        "token_life_seconds": 60.0,
        "partial_batch": 0.05,
        "clock_skew_seconds": 120.0,
    },
}


class Faults:
    """Fault rates. `<channel>.<name>` overrides `<name>` for one channel."""

    def __init__(self, draws: Draws, level: str = "calm") -> None:
        self._draws = draws
        self._counts: Counter[tuple[str, str]] = Counter()
        self.rates: dict[str, float] = dict(LEVELS[level])

    def set(self, rates: Mapping[str, Any]) -> None:
        """Change some rates. Raises ValueError for an unknown name or an impossible number."""
        for name, rate in rates.items():
            if name.rpartition(".")[2] not in CALM:
                raise ValueError(f"unknown fault {name!r}; there are {', '.join(CALM)}")
            if not isinstance(rate, int | float) or rate < 0 or (rate > 1 and not name.endswith("_seconds")):
                raise ValueError(f"{name} must be a share from 0 to 1, or seconds")
        self.rates.update(rates)

    def level(self, name: str) -> None:
        """Set all rates to those of a chaos level. Raises ValueError for an unknown one."""
        if name not in LEVELS:
            raise ValueError(f"unknown chaos level {name!r}; there are {', '.join(LEVELS)}")
        self.rates = dict(LEVELS[name])

    def rate(self, channel: str, name: str) -> float:
        """Return a rate as it applies to a channel."""
        return self.rates.get(f"{channel}.{name}", self.rates[name])

    def hits(self, channel: str, name: str) -> bool:
        """Draw whether a fault happens now. One draw per call."""
        self._counts[channel, name] += 1
        return self._draws.chance(self.rate(channel, name), "fault", channel, name, self._counts[channel, name])

    def is_odd(self, channel: str, name: str, *parts: object) -> bool:
        """Return whether an oddity is that of this entity, at this step: always the same answer while the rate is."""
        return self._draws.chance(self.rate(channel, f"odd_{name}"), "odd", name, channel, *parts)

    def skew(self, channel: str) -> float:
        """Return the seconds that a platform's clock is ahead."""
        most = self.rate(channel, "clock_skew_seconds")
        return self._draws.between(-most, most, "skew", channel)

    def copies(self, channel: str, delivery: str) -> tuple[float, ...]:
        """Return the delay in logical seconds of each copy of a webhook delivery; empty when it is dropped."""
        if self._draws.chance(self.rate(channel, "webhook_dropped"), "dropped", channel, delivery):
            return ()
        times = (
            2 if self._draws.chance(self.rate(channel, "webhook_duplicated"), "duplicated", channel, delivery) else 1
        )
        most = self.rate(channel, "webhook_delay_seconds")
        late = self.rate(channel, "webhook_delayed")
        return tuple(
            self._draws.between(0, most, "delay", channel, delivery, time)
            if self._draws.chance(late, "delayed", channel, delivery, time)
            else 0.0
            for time in range(times)
        )
