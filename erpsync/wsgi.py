"""The web process's entry point (`granian --interface wsgi erpsync.wsgi:application`)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpsync.settings")
application = get_wsgi_application()
