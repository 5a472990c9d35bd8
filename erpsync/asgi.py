"""Entry point of the process kind `web` (`granian --interface asginl erpsync.asgi:application`): admin, sign-in, consent, health.

Django itself stays under WSGI (`erpsync.wsgi`): under ASGI each request of its views takes a database connection of its own.
"""

from django.conf import settings
from django.db import close_old_connections

from erpsync.serving.bodies import Bodies
from erpsync.serving.exchange import allow_many_connections
from erpsync.serving.threads import Threads
from erpsync.serving.whole_requests import WholeRequests
from erpsync.wsgi import application as wsgi


def position() -> int:
    """Return the feed position, over the thread's own connection."""
    # a module with a model: only once Django is set up
    from core.feed import feed_position  # noqa: PLC0415

    close_old_connections()
    return feed_position()


allow_many_connections()
application = WholeRequests(
    wsgi,
    threads=Threads(settings.WEB_THREADS, waiting=settings.WEB_WAITING),
    bodies=Bodies(settings.BODY_SECONDS, settings.BODIES_PER_ADDRESS, settings.BODIES_BYTES),
    max_body=settings.MAX_UPLOAD,
    behind_proxy=settings.BEHIND_PROXY,
    position=position,
)
