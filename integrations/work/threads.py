"""Calls to channels that are under way at once. The database belongs to the calling thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import ParamSpec, TypeVar

from django.db import connections

from core import tunables

MAX_THREADS = tunables.CALLS_AT_ONCE

P = ParamSpec("P")
T = TypeVar("T")


def start(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run a function in a thread, with the caller's context variables. It may ask for a token, and stores nothing."""
    context = copy_context()

    def run() -> T:
        try:
            return context.run(function, *args, **kwargs)
        finally:
            # a token that was looked up opened a connection of this thread
            connections.close_all()

    return _threads().submit(run)


def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run a function in this thread, as a future that is done: for a call that has no company."""
    future: Future[T] = Future()
    try:
        future.set_result(function(*args, **kwargs))
    except Exception as error:  # raised by the future
        future.set_exception(error)
    return future


@cache
def _threads() -> ThreadPoolExecutor:
    """Kept: each thread keeps its connections to the channels open."""
    return ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="call")
