"""Django's WSGI application, which `erpsync.asgi` serves in the web process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpsync.settings")
# nobody waits longer for a page; one statement must not hold a core of the database for as long as it likes
os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "20")
application = get_wsgi_application()
