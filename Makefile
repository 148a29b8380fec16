# Two commands are all that is needed: 'make chat' and 'make test'. Everything is installed into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: help chat test check pure lint format docs bench cluster wheel licences sbom audit clean
.DEFAULT_GOAL := help
# Tests start some hundred processes, each of which would compile again what it imports.
unexport PYTHONDONTWRITEBYTECODE

help:            ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/:/' | column -t -s ':'

chat: $(VENV)/.installed   ## set everything up, build the index, open the chat on the shipped articles
	$(BIN)/chatbot serve --open

test: $(VENV)/.installed-test   ## set everything up, then run every test
	$(BIN)/python -m pytest -m pure --numprocesses=2 --dist=worksteal
	$(BIN)/python -m pytest -m "not pure" --numprocesses=3 --dist=loadfile --no-loadscope-reorder

check: $(VENV)/.installed-test   ## lint, and the tests that need no model, no server and no browser; in about a minute
	$(MAKE) --no-print-directory --jobs=2 lint pure

pure: $(VENV)/.installed-test
	$(BIN)/python -m pytest -m pure -q --numprocesses=2 --dist=worksteal --hypothesis-profile=check

lint: $(VENV)/.installed-test   ## ruff and mypy
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(VENV)/.installed-test   ## let ruff tidy the code
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

docs: $(VENV)/.installed-test   ## make a site with search of docs/, in build/docs; what leads nowhere is an error
	$(BIN)/python -m tests.support.settings_page
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/docs

bench: $(VENV)/.installed-bench .venv-peers/.installed   ## measure speed, memory and quality beside other libraries, into README.md
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.serving
	$(BIN)/python -m tests.benchmarks.peers --write

cluster: $(VENV)/.installed-test   ## break a real cluster of Milvus under two servers that are asked all the while
	$(BIN)/python -m tests.cluster.trial

licences: $(VENV)/.installed-test   ## list the licences of all that is installed, into docs/licences.md
	$(BIN)/python -m tests.support.licences

SBOM  ?= sbom.cdx.json
TOOLS ?= .venv-release
sbom: $(VENV)/.installed $(TOOLS)/.installed   ## list all that is installed in sbom.cdx.json, for programs
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file $(SBOM) $(BIN)/python

audit: $(TOOLS)/.installed   ## ask for known vulnerabilities of the versions in constraints.txt
	@$(TOOLS)/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict --progress-spinner off \
	|| { echo 'make audit: not passed. Either vulnerabilities are listed above, or the advisories of PyPI could not be had from here; then nothing was checked.' >&2; exit 1; }

wheel: $(VENV)/.installed-test   ## build wheels and source archives into dist/; the same commit gives the same bytes
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m tests.support.distributions dist

clean:           ## remove the environment and the built index; articles and feedback stay
	rm -rf $(VENV) && find index -mindepth 1 ! -name README.md ! -name 'journal.sqlite*' -delete

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml setup.py constraints.txt | $(BIN)/python
	@echo 'installing into $(VENV), which takes some minutes and says nothing meanwhile'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	$(BIN)/python -m tests.support.chromium
	$(BIN)/python -m tests.support.milvus_programs
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,bench]'
	@touch $@

# Some of the libraries that are measured beside this one pin other versions than the tested set. They see the packages
# of the main environment behind their own.
.venv-peers/.installed: tests/benchmarks/peers.txt | $(VENV)/.installed-test
	$(PYTHON) -m venv .venv-peers
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > .venv-peers/lib/$(notdir $(wildcard $(VENV)/lib/python3*))/site-packages/zz_main.pth
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/peers.txt
	@touch $@

$(TOOLS)/.installed: .ci/release.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check -r .ci/release.txt
	@touch $@
