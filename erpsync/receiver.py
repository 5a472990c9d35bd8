"""Entry point of the process kind `receiver` (`granian --interface asginl erpsync.receiver:application`): webhooks alone."""

import os

import django
from django.conf import settings
from django.utils.module_loading import import_string

from erpsync.serving.bodies import Bodies
from erpsync.serving.exchange import allow_many_connections
from erpsync.serving.threads import Threads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpsync.settings")
django.setup()
allow_many_connections()
# by name: it imports models, which are there only now
application = import_string("erpsync.serving.receiver.Receiver")(
    threads=Threads(settings.RECEIVER_THREADS, waiting=settings.RECEIVER_WAITING),
    bodies=Bodies(settings.BODY_SECONDS, settings.BODIES_PER_ADDRESS, settings.BODIES_BYTES),
    behind_proxy=settings.BEHIND_PROXY,
)
