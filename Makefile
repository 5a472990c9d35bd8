# setup: the virtual environment and nothing else. The other targets depend on it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup run sandbox test check bench prove clean messages pictures

setup: $(STAMP)

$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "erpsync needs Python 3.11 or newer, and $(PYTHON) is %d.%d: make setup PYTHON=/path/to/python3.11" % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(STAMP)

# Everything on one machine: http://127.0.0.1:8000/admin/. PORT and SIMULATOR_PORT choose other ports.
run: setup
	@$(BIN)/python -m erpsync run

# A second hub for partners' tests: test keys, a database of its own, simulated shops. http://127.0.0.1:8100/admin/
sandbox: export SANDBOX = 1
sandbox: export RUN_DIR ?= $(CURDIR)/.run/sandbox
sandbox: export PORT ?= 8100
sandbox: export SIMULATOR_PORT ?= 9200
sandbox: setup
	@$(BIN)/python -m erpsync run

test: check
	@command -v node >/dev/null || echo "LEFT OUT: tests marked node (Node.js is not on this machine)"
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| echo "LEFT OUT: tests marked browser (Chromium is not on this machine)"
	@command -v kubectl >/dev/null || echo "LEFT OUT: what kustomize builds of deploy/kubernetes (kubectl is not on this machine)"
	$(BIN)/pytest -n 2 --dist loadgroup

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	DEBUG=1 $(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=1 $(BIN)/python manage.py compile_catalogues

bench: setup
	$(BIN)/python -m bench

# The long proofs, one after the other: hours. Writes docs/proofs.md, each as it ends. ONLY="rough demo" runs these.
prove: setup
	$(BIN)/python -m prove $(if $(ONLY),--only $(ONLY))

clean:
	@$(PYTHON) -c 'import fcntl, glob; [fcntl.flock(open(p), fcntl.LOCK_EX | fcntl.LOCK_NB) for p in glob.glob(".run/**/lock", recursive=True)]' 2>/dev/null \
		|| { echo "erpsync is running here: stop it first (Ctrl-C where it runs)"; exit 1; }
	rm -rf .run

# Collects the texts to translate; the only target that needs GNU gettext on the machine.
messages: setup
	@command -v xgettext >/dev/null || { echo "make messages needs GNU gettext: apt-get install gettext"; exit 1; }
	DEBUG=1 $(BIN)/python manage.py makemessages -l vi --no-location --ignore .venv --ignore tests --ignore bench --ignore prove

# Draws docs/pictures/*.dot; needs Graphviz on the machine.
pictures:
	@command -v dot >/dev/null || { echo "make pictures needs Graphviz: apt-get install graphviz"; exit 1; }
	for name in context containers; do dot -Tsvg docs/pictures/$$name.dot -o docs/pictures/$$name.svg; done
