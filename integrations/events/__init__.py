"""Business events to other systems: the relay and its sinks. The table is `core.outbox`'s."""
