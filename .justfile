# Shorthands: `just` lists them. Without just, type what stands after the name.

_list:
    @just --list --unsorted

# Install, or mend what is missing
install:
    ./install.sh

# All checks that need no test: layout, lint, floors, types, shell
check:
    .venv/bin/ruff format .
    .venv/bin/ruff check .
    .venv/bin/lint-imports
    .venv/bin/mypy
    shellcheck install.sh .ci/run

# The tests that run everywhere; `just test tests/unit -k money` for some
test *which:
    .venv/bin/pytest {{which}}

# As CI does, and the long suites
test-all:
    ./install.sh --test-all

# Web and worker under one supervisor
start *options:
    .venv/bin/appliance start {{options}}

# The web process alone
web:
    .venv/bin/appliance web

# The worker alone
worker:
    .venv/bin/appliance worker
