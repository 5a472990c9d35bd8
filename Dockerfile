# One image for every kind of process; compose.yaml shows the commands.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/srv/static
RUN useradd --system --uid 10001 --create-home erpsync
WORKDIR /srv/erpsync

COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY . .
# Built with development defaults: neither command reads a secret or the database.
RUN DEBUG=1 python manage.py compile_catalogues && DEBUG=1 python manage.py collectstatic --noinput

USER erpsync
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "16", "--respawn-failed-workers", "--no-ws", "erpsync.wsgi:application"]
