# Needs Python >= 3.11, make and git. Everything sets itself up; `make help` lists what there is.
SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/ready
export PYTHONPATH := shared:.
export SAM_CLI_TELEMETRY := 0
# sam asks for a region even where it calls nothing
export AWS_DEFAULT_REGION ?= eu-north-1

.PHONY: help setup build demo test engines lint bench local lock

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

$(READY): requirements/dev.txt requirements/sam.txt shared/requirements.txt tools/setup.sh
	@sh tools/setup.sh $(PYTHON)

setup: $(READY) ## the environments in .venv and .venv-sam (others do this when needed)

build: $(READY) ## functions and layer in .aws-sam/build; RUNTIME=python3.13 ARCHITECTURE=arm64 for others than those at hand
	@$(PY) -m tools.build $(if $(RUNTIME),--runtime $(RUNTIME)) $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE))

demo: build ## a trading day on the local stack; results in build/demo
	@$(PY) -m sandbox.demo

test: $(READY) ## the whole suite; EXAMPLES=10 searches ten times longer
	@$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

engines: $(READY) ## the storage and queue contract on DynamoDB Local and ElasticMQ (Java 17, Maven)
	@$(PY) -m tests.engines

lint: $(READY) ## style, types, import rules, template
	@$(PY) -m tools.lint

bench: build ## all measurements; results in build/bench
	@$(PY) -m bench

local: build ## the local stack against the vendors named in ENV=FILE
	@test -n "$(ENV)" || { echo "usage: make local ENV=FILE"; exit 2; }
	@exec $(PY) -m sandbox.local_stack --env-file $(ENV)

lock: $(READY) ## new lock files from requirements/*.in
	@sh tools/lock.sh
