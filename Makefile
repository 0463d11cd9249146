# The commands of this project; plain `make` lists them.

# The pinned CLI, installed from package-lock.json, before any other on the PATH.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# The CLI asks a server of its vendor for news at each run, and shows in red when it does not answer.
export CHECKPOINT_DISABLE ?= 1
# Node 22 and later keeps what it compiles of the CLI here: 0.4 s of each call.
export NODE_COMPILE_CACHE ?= $(CURDIR)/node_modules/.cache/compiled

# The engines warn at each call about a configuration file that is named but not there.
ifeq ($(wildcard $(TF_CLI_CONFIG_FILE)),)
unexport TF_CLI_CONFIG_FILE
endif

# Node has certificate authorities of its own; those of a company's network are in the system's.
SYSTEM_CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(SYSTEM_CERTIFICATES),)
export NODE_EXTRA_CA_CERTS ?= $(SYSTEM_CERTIFICATES)
endif

# go does not match folders that start with an underscore by ./...
PACKAGES := ./... ./__tests__

# Go compiles without a word. $(call compile,COMMAND,TIME) runs a command that compiles, and says after three seconds what takes so long, and
# how long the first time is (without TIME: a minute or two). Ctrl-C does not end what runs in the background: after it nothing is said.
compile = (sleep 3 >/dev/null 2>&1; kill -0 $$$$ 2>/dev/null && echo "Compiling. The first time it takes $(or $(2),a minute or two)." >&2) & note=$$!; \
	$(1); status=$$?; kill $$note 2>/dev/null; exit $$status
# What go list exports is the compiled package: this compiles the tests, and runs none.
COMPILE_TESTS := go list -export -test $(PACKAGES) >/dev/null
COMPILE_E2E := go -C __tests__/e2e list -export -test . >/dev/null

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' -v width="$$({ stty size </dev/tty | cut -d ' ' -f 2; } 2>/dev/null)" '/^##@ / {print "\n" substr($$0, 5)} /^[a-z0-9-]+:.*## / { \
		line = sprintf("  make %-14s", $$1); count = split($$2, words, " "); \
		for (i = 1; i <= count; i++) { \
			if (width > 0 && length(line) + length(words[i]) >= width) { print line; line = sprintf("%21s", "") } \
			line = line " " words[i] \
		} \
		print line }' $(MAKEFILE_LIST)

##@ Change something

.PHONY: synth
synth: ## Write the Terraform JSON of all stacks to cdktf.out, as cdktf synth does
	@$(call compile,go run .,about 20 s) # the CLI would spend two seconds around it
	@echo "cdktf.out/stacks:" $$(node -p 'Object.keys(require("./cdktf.out/manifest.json").stacks).join(" ")')

.PHONY: cli
cli: node_modules/.package-lock.json ## Install the pinned cdktf CLI, for npx cdktf

.PHONY: test
test: ## Run all tests that need no engine (make update writes the snapshots anew)
	@$(call compile,$(COMPILE_TESTS))
	@echo "Where the stacks or their modules have changed, fastjsii/faults takes about a minute: it synthesizes dozens of times."
	go test $(PACKAGES)

# ./infra asks for this. Built, and not run by go run, which would turn an exit status of 2 into 1. Without what a debugger reads (-w), it links sooner.
.bin/infra: $(shell find cmd/infra internal localaws policy/* tool go.mod go.sum -not -name '*_test.go' 2>/dev/null)
	@$(call compile,go build -ldflags=-w -o $@ ./cmd/infra && touch $@)

# What helps where something is broken needs no command that can be built at this moment: the one that was built last will do.
.PHONY: built
built:
	@$(MAKE) --silent .bin/infra || { test -x .bin/infra && echo "The command cannot be built: this is the one that was built last." >&2; }

##@ Try it

.PHONY: demo
demo: .bin/infra ## Deploy all stacks into a local AWS, on this machine
	@.bin/infra demo up

.PHONY: demo-down
demo-down: built ## Stop the local AWS, with all that it has
	@.bin/infra demo down

##@ Test, and write anew what is generated

.PHONY: cover
cover: COVER := go test -count=1 -coverpkg=./cmd/infra,./tool/... -coverprofile=.bin/cover ./cmd/infra ./tool/... >/dev/null
cover: ## List the functions of the command of which no test runs some part, and the sum
	@mkdir -p .bin
	@$(call compile,$(COVER))
	@go tool cover -func=.bin/cover | grep -v '100.0%'

.PHONY: e2e
e2e: node_modules/.package-lock.json __tests__/e2e/node_modules/.package-lock.json ## Run the tests that need tofu or terraform, against a local AWS (ONLY=… or NOT=…: patterns of their names)
	@$(call compile,$(COMPILE_E2E))
	go -C __tests__/e2e test -count=1 -timeout 60m -parallel 7 -v -run '$(or $(value ONLY),.)' -skip '$(or $(value NOT),^$$)' .

.PHONY: chaos
chaos: export CHAOS_SEED := $(or $(value SEED),1)
chaos: export CHAOS_ROUNDS := $(or $(value ROUNDS),20)
chaos: node_modules/.package-lock.json __tests__/e2e/node_modules/.package-lock.json ## Kill deploys and destroys at random, with faults of AWS, and recover (SEED=1 ROUNDS=20, for each engine)
	@$(call compile,$(COMPILE_E2E))
	go -C __tests__/e2e test -count=1 -timeout 0 -parallel 4 -v -run '^TestChaos$$' .

.PHONY: docs
docs: synth ## Write start_flow.md, inputs.md and options.md in docs/using, and the examples, from the synthesized stacks
	@$(call compile,go run ./cmd/docs)

.PHONY: update
update: docs ## Write anew what is generated (docs, examples, snapshots, addresses), and show the diff to look at
	@$(call compile,go list -export -test ./__tests__ >/dev/null)
	@UPDATE_SNAPS=always go test ./__tests__ -count=1 -run '^Test(Snapshots|Addresses|Options)$$'
	@git --no-pager diff --stat
	@git ls-files --others --exclude-standard | sed 's/^/ new: /'

.PHONY: charts
charts: __tests__/charts/node_modules/.package-lock.json ## Draw the charts of README and docs in Chromium, into .charts
	@mkdir -p .charts
	@export PUPPETEER_EXECUTABLE_PATH=$${PUPPETEER_EXECUTABLE_PATH:-$$(command -v chromium || command -v google-chrome)} && \
	test -n "$$PUPPETEER_EXECUTABLE_PATH" || { echo "neither chromium nor google-chrome is on the PATH"; exit 1; }; \
	for page in README.md docs/using/start_flow.md; do \
		__tests__/charts/node_modules/.bin/mmdc --puppeteerConfigFile __tests__/charts/puppeteer.json --input $$page --output .charts/$$(basename $$page .md).svg || exit 1; \
	done

.PHONY: policy
policy: synth .bin/infra ## Look for insecure settings with checkov; what is accepted is in policy/accepted.json
	@.bin/infra policy

.PHONY: provider-6
provider-6: .bin/npm/cdktf-provider-aws-21.22.1.tgz .bin/npm/cdktn-provider-aws-25.7.0.tgz ## Compare what the stacks take of the AWS provider with provider 6 (downloads 83 MB)
	@$(call compile,go list -export -test ./__tests__/provider6 >/dev/null)
	go test ./__tests__/provider6 -count=1 -v

.PHONY: fork
fork: .bin/npm/cdktn-0.24.0.tgz .bin/npm/constructs-10.6.0.tgz .bin/npm/cdktn-provider-aws-25.7.0.tgz ## Write the stacks with the packages of CDKTF's fork, and compare the JSON (downloads 47 MB)
	@$(call compile,go list -export -test ./__tests__/fork >/dev/null)
	@echo "The test compiles the project once more, with other modules: some minutes."
	go test ./__tests__/fork -count=1 -v

# $(call pack,PACKAGE) downloads an npm package, in the version of the target.
pack = mkdir -p $(@D) && npm pack $(1)@$* --pack-destination $(@D) --loglevel=error
.bin/npm/cdktf-provider-aws-%.tgz:
	$(call pack,@cdktf/provider-aws)
.bin/npm/cdktn-provider-aws-%.tgz:
	$(call pack,@cdktn/provider-aws)
.bin/npm/cdktn-%.tgz:
	$(call pack,cdktn)
.bin/npm/constructs-%.tgz:
	$(call pack,constructs)

.PHONY: bench
bench: node_modules/.package-lock.json ## Measure how fast the stacks synthesize, and write the figures into docs/inside/benchmarks.md
	@$(call compile,go list -export ./cmd/bench >/dev/null)
	go run ./cmd/bench

TOOL := go tool -modfile=$(CURDIR)/tools/go.mod

# A cache of its own: findings are kept with their paths, and a shared one would tell those of another copy of the project.
.PHONY: lint
lint: export GOLANGCI_LINT_CACHE := $(CURDIR)/.bin/golangci-lint
lint: .bin/zizmor/ready ## Check the code and the workflows: gofmt, golangci-lint with go vet in it, actionlint, zizmor
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt -w:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@$(call compile,$(COMPILE_TESTS) && $(COMPILE_E2E) && $(TOOL) -n golangci-lint >/dev/null && $(TOOL) -n actionlint >/dev/null)
	$(TOOL) golangci-lint run $(PACKAGES) ./__tests__/provider6 ./__tests__/fork
	$(TOOL) actionlint
	.bin/zizmor/bin/zizmor --offline --quiet .github
	cd __tests__/e2e && $(TOOL) golangci-lint run --config $(CURDIR)/.golangci.yml .

# What is found and left as it is has its reason in .github/zizmor.yml, or beside it in the workflow.
.bin/zizmor/ready: tools/requirements.txt
	python3 -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# npm writes this file last.
node_modules/.package-lock.json: package-lock.json
__tests__/e2e/node_modules/.package-lock.json: __tests__/e2e/package-lock.json
__tests__/charts/node_modules/.package-lock.json: __tests__/charts/package-lock.json
__tests__/charts/node_modules/.package-lock.json: export PUPPETEER_SKIP_DOWNLOAD := true
%/.package-lock.json:
	npm ci --prefix $(@D)/.. --no-audit --no-fund --loglevel=error
	@touch $@
