# Two commands: `make demo` runs the whole path on real servers, `make test` proves it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
