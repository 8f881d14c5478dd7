# Two commands do everything: `make demo` and `make test`. Each makes its own virtualenv and leaves
# the system's Python alone. PYTHON picks the interpreter (3.8 - 3.13), VENV the virtualenv's folder.

PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python
SHOWN = lib/docker_tor lab generator $(wildcard sensors/*.py actions/*.py)

# As StackStorm/lint-configs has it for the Exchange, but for E203 and W503: ruff writes blanks before
# a slice's colon and lines that begin with an operator, as PEP 8 would have them by now.
FLAKE8 = --isolated --max-line-length 100 --select E,F,W,C --exclude '.*' \
	--ignore E128,E402,E722,W504,E203,W503

.PHONY: help demo lab st2client test test-slow test-all unit test-real lint docs bench clean

help:
	@echo "make demo   the article from end to end, on simulators: about a minute with the install"
	@echo "make lab    the same, kept up: create networks by hand and watch (DOCKER_HOST: your engine)"
	@echo "make st2client  the real st2 command, for the lab: .venv-st2/bin/st2"
	@echo "make test   the tests; those against real parts skip where the parts are missing"
	@echo "make test-all  those, and the tests that take minutes"
	@echo "make lint   ruff, mypy, and the checks of the StackStorm Exchange's CI"
	@echo "make docs   docs/ on keys, actions, rules, rooms and chat, made anew from YAML, code and the lab"
	@echo "make bench  the measurements of docs/performance.md"
	@echo "make clean  remove the virtualenvs"

demo: $(VENV)/ready
	@$(RUN) -m lab demo

lab: $(VENV)/ready
	@$(RUN) -m lab up

# The st2 command pins its libraries to versions of its own, so it gets a virtualenv of its own.
st2client: .venv-st2/ready

# As many tests at a time as there are processors. A worker that has done its own takes some of another's,
# so that each starts few of what a module's tests share.
PYTEST = $(RUN) -m pytest -q -n auto --dist worksteal

test: $(VENV)/ready
	$(PYTEST) --ignore tests/real --cov --cov-report term-missing:skip-covered

# What takes long: many more of what the other tests show by example, and 100 networks at once.
test-slow: $(VENV)/ready
	$(PYTEST) --ignore tests/real -m slow

test-all: test test-slow test-real

# The tests of what StackStorm loads, for further versions of Python.
# Captured as it is by default, the last words of an interpreter that dies would be lost.
unit: $(VENV)/ready
	$(RUN) -m pytest -q --capture=sys --ignore tests/real tests

# One after the other: a private dockerd and a NETCONF server are there once.
test-real: $(VENV)/ready
	$(RUN) -m pytest tests/real

lint: $(VENV)/ready-lint
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy $(SHOWN)
	$(RUN) -m flake8 $(FLAKE8) .
	PYTHONPATH=lab/standins $(RUN) -m pylint --errors-only actions/*.py sensors/*.py
	$(RUN) -m yamllint --strict .
	$(RUN) -m lab.exchange

docs: $(VENV)/ready
	$(RUN) -m lab.reference
	$(RUN) -m lab.rooms
	$(RUN) -m lab.chat

bench: $(VENV)/ready
	@$(RUN) -m lab.bench

$(VENV)/ready: requirements.txt requirements-tests.txt requirements-dev.txt lab/requirements.txt \
		generator/requirements.txt requirements-judge.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 8) <= v <= (3, 13) else "Python 3.8 - 3.13 is needed, and this is %d.%d: set PYTHON" % v)'
	@echo "making the virtualenv $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check --only-binary :all: \
		-r requirements-judge.txt || echo "no libyang for this machine: generator/tests/test_judge.py skips"
	@touch $@

$(VENV)/ready-lint: $(VENV)/ready requirements-lint.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-lint.txt
	@touch $@

.venv-st2/ready: lab/requirements-st2client.txt
	@echo "making the virtualenv .venv-st2 ..."
	@$(PYTHON) -m venv .venv-st2
	@.venv-st2/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

clean:
	rm -rf .venv .venv-*
