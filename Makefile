# The commands of the platform. Each sets up what it needs: a virtual environment and the Pulumi engine, once.
#
#   ENV=dev|staging|prod     the environment, Pulumi.<env>.yaml    (default: dev)
#   CLOUD=local|gcp          the stand-in on this machine, or Google Cloud (default: local)
#   PLAN=file                a plan that `preview` keeps, and that `up` may not leave
#   LEVELS=levels.json       levels of the policies' rules for this run: mandatory, advisory, disabled or remediate
#   ADOPT=file               what the cloud has already and `up` takes over, rather than makes: docs/adopting.md
#   YES=1                    do not ask before changing Google Cloud
#   DRILL=members|region     which drill (default: both, one after the other)
#   STORE=main-database|cache|sessions|timeseries  what `failover` and `failback` are about, and how: docs/runbooks/failover-main-database.md
#   PYTHON=python3.12        the Python to set up with: 3.11 or newer

ENV ?= dev
CLOUD ?= local
PYTHON ?= python3
USERS ?= 100
SEED ?= 1

RUN := .venv/bin/python -m
LIFECYCLE := $(RUN) tools.lifecycle
WHERE := --env '$(ENV)' --cloud '$(CLOUD)' $(if $(LEVELS),--levels '$(LEVELS)') $(if $(YES),--yes) $(if $(PLAN),--plan '$(PLAN)')

.DEFAULT_GOAL := help
.PHONY: help setup environment programs up preview drift refresh destroy protect unprotect failover failback inventory policy cost review access-review doctor state-backend time pin-images sample anonymise \
        test test-fast drill chaos bench \
        lint format data-model docs site golden lock clean-local

help: ## What there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name what; do \
	  printf '  make %-12s %s\n' "$$name" "$$what"; done

setup: ## Set up the virtual environment and the engine (every command does it by itself)
	@$(PYTHON) -m tools.bootstrap

environment:
	@$(PYTHON) -m tools.bootstrap --without-engine

up preview drift refresh destroy protect unprotect: setup
	@$(LIFECYCLE) $@ $(WHERE) $(if $(ADOPT),--adopt '$(ADOPT)')

RUNBOOK = $(RUN) tools.failover $@ --store '$(STORE)' $(WHERE) $(if $(PLANNED),--planned) $(if $(ACCEPT_LOSS),--accept-loss) \
  $(if $(ROLLBACK),--rollback) $(if $(DOWN),--down) $(if $(LAG),--lag '$(LAG)')

failover: setup ## The replica of a store takes over: STORE=main-database|cache|sessions|timeseries, PLANNED=1 for a drill, ROLLBACK=1 before it is promoted
	@$(RUNBOOK)

failback: setup ## The store serves again where it belongs: STORE=main-database|cache|sessions|timeseries
	@$(RUNBOOK)

up: ## Build the environment, or bring it to what its settings say
preview: ## What would change
drift: ## Would anything change? Exit 0: no
refresh: ## Read the cloud back into the state
unprotect: ## Take the guards against deletion off (local cloud)
protect: ## Put them back
destroy: ## Remove the environment, unless it is protected

doctor: environment ## What is missing before the first `up`, and what to run for it; changes nothing
	@$(RUN) tools.doctor --env '$(ENV)' --cloud '$(CLOUD)'

state-backend: setup ## Make the bucket and the key that Pulumi keeps an environment's state with, at Google, once: BUCKET=name
	@$(RUN) tools.state_backend --env '$(ENV)' --bucket '$(BUCKET)' $(if $(YES),--yes)

inventory: environment ## What the program declares, as JSON; needs no engine
	@$(RUN) tools.inventory --env '$(ENV)'

policy: environment ## What the policies say of an environment; needs no engine. FORMAT=json|sarif|junit
	@$(RUN) tools.policy --env '$(ENV)' $(if $(LEVELS),--config '$(LEVELS)') $(if $(FORMAT),'--$(FORMAT)' -)

cost: environment ## What an environment costs a month at list prices; needs no engine. AGAINST=<revision> FORMAT=json
	@$(RUN) tools.cost --env '$(ENV)' $(if $(AGAINST),--against '$(AGAINST)') $(if $(FORMAT),--format '$(FORMAT)')

access-review: environment ## Who may do what, and since AGAINST=<revision> what was granted and taken away; needs no engine. FORMAT=csv|json
	@$(RUN) tools.access_review --env '$(ENV)' $(if $(AGAINST),--against '$(AGAINST)') $(if $(FORMAT),--format '$(FORMAT)')

time: environment ## How long an `up` from nothing takes at Google, and its longest chain; needs no engine
	@$(RUN) tools.time --env '$(ENV)'

review: environment ## What a reviewer needs to know of a change, as one comment; needs no engine. AGAINST=<revision> (default: main)
	@$(RUN) tools.review --env '$(ENV)' $(if $(AGAINST),--against '$(AGAINST)')

pin-images: environment ## Ask the registries for the digests that the environment's images lack, and put them into its settings
	@$(RUN) tools.pin_images --env '$(ENV)'

sample: environment ## Sample data into the empty database of MAIN_DATABASE_URL: USERS=100 SEED=1
	@$(RUN) database.seeds sample --users '$(USERS)' --seed '$(SEED)'

anonymise: environment ## Take what is personal out of a copy of production: MAIN_DATABASE_URL, DATABASE=<its name>; of the time series with SERIES=1
	@$(RUN) database.seeds anonymise --database '$(DATABASE)' $(if $(SERIES),--timeseries)

clean-local: ## Forget the local cloud
	@rm -rf .cache/local
	@echo 'the local cloud is empty; nothing at Google was touched' >&2

programs: environment
	@$(RUN) tools.programs

test: setup programs lint ## All tests
	@$(RUN) pytest -n auto

test-fast: environment ## The tests that need neither an engine nor a database server
	@$(RUN) pytest -n auto -m 'not engine and not database'

drill: setup ## Lose members of the time series while rows are written, and then a region under production: DRILL=members|region
	@$(RUN) tools.drill $(DRILL)

chaos: setup ## Kill engine, plugin and both at twenty points each of an `up` of prod
	@$(RUN) pytest -n auto -m chaos

bench: setup programs ## Ratios: this stack against one of as many trivial resources, and the schemas against bare tables
	@$(RUN) tools.bench
	@$(RUN) tests.database.bench

lint: environment ## Style, types, and documents that follow from the code
	@$(RUN) ruff format --check --quiet .
	@$(RUN) ruff check --quiet .
	@$(RUN) basedpyright --level error
	@$(RUN) tools.docs --check
	@$(RUN) sqlfluff lint --disable-progress-bar --processes 0 --nocolor database >&2
	@$(RUN) tools.sql_lint

format: environment ## Format the code
	@$(RUN) ruff format --quiet .
	@$(RUN) ruff check --quiet --fix .

data-model: environment ## Record the main database's tables as a PostgreSQL 15 of its own has them; `make docs` writes the rest
	@$(RUN) tests.database.model

docs: environment ## Write what follows from the code: schema, configuration and rule tables
	@$(RUN) tools.docs

# --quiet would hold warnings back before they are counted, and so let a broken link pass.
site: environment ## The documentation as a site, in .cache/site; a link that leads nowhere is an error
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build
	@echo 'the site is in .cache/site: $(RUN) http.server --directory .cache/site' >&2

golden: environment ## Write what the program declares to tests/inventory
	@$(RUN) tools.golden

LOCK = $(RUN) uv pip compile --universal --generate-hashes --quiet --custom-compile-command 'make lock'

lock: environment ## Renew requirements.txt from pyproject.toml, and what our own image has of it
	@$(LOCK) pyproject.toml --group dev --output-file requirements.txt
	@$(LOCK) --group pyproject.toml:jobs --constraints requirements.txt --output-file images/jobs/requirements.txt
