# The two commands to begin with: make demo, make test.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null | sed 's/^[^v]/v0.0.0-&/')
LDFLAGS := -s -w -X github.com/talos-rustfs/kubectl-plugins/internal/cli.version=$(VERSION)
PROGRAMS := kubectl-rustfs kubectl-etcdbackup talosctl-etcdbackup
SANDBOX := bin/sandbox
NAME ?= sandbox
TIER ?= cluster

# Tools are built once per version, outside the work tree.
TOOLS ?= /var/cache/talos-rustfs-tools/v1
GOLANGCI := $(TOOLS)/golangci-lint
GOVULNCHECK := $(TOOLS)/govulncheck
GOLANGCI_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

.PHONY: help
help: ## Show the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the three programs into bin/
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ $(addprefix ./cmd/,$(PROGRAMS))

.PHONY: $(SANDBOX)
$(SANDBOX):
	@mkdir -p bin
	@cd hack/sandbox && go build -trimpath -o ../../bin/sandbox .

.PHONY: demo
demo: build $(SANDBOX) ## Play the whole story on a real cluster; KEEP=1 leaves it running
	@go run ./hack/demo -sandbox $(SANDBOX) $(if $(KEEP),-keep)

.PHONY: test
test: ## Everything that proves the project: fast, race, fuzz seeds, package, sandbox
	@bash hack/test.sh

.PHONY: test-fast
test-fast: ## The fast tests alone, without the race detector
	go test ./...

.PHONY: test-sandbox
test-sandbox: build $(SANDBOX) ## The tests on the sandbox alone
	go test -tags sandbox -count=1 -timeout 40m -v ./test/e2e

.PHONY: peers
peers: ## Build mc, rc, aws, s5cmd, rclone and minio, once, for the tests of exec (PEERS=folder)
	@sh hack/peers.sh

.PHONY: bench
bench: ## Benchmarks, as ratios against a baseline of the same run; some need make peers (PEERS=folder)
	go test -run '^$$' -bench . -benchtime 3x ./internal/... ./test/...

.PHONY: lint
lint: $(GOLANGCI) $(GOVULNCHECK) ## Vet, golangci-lint and govulncheck
	go vet ./...
	go vet -tags sandbox ./test/e2e
	$(GOLANGCI) run ./...
	@bash hack/vulncheck.sh $(GOVULNCHECK)
	cd hack/sandbox && go vet ./... && $(GOLANGCI) run ./...

.PHONY: fmt
fmt: $(GOLANGCI) ## Format the code
	$(GOLANGCI) fmt ./...

$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION), some minutes, once"
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

$(GOVULNCHECK):
	GOBIN=$(TOOLS) go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)

.PHONY: readme
readme: ## Fill the README's tables from the programs
	go run ./hack/readme

.PHONY: dist
dist: ## Archives of the plugins for all platforms into dist/
	go run ./hack/dist -version $(VERSION)

.PHONY: rustfs
rustfs: $(SANDBOX) ## Build the real RustFS, an hour and a half, once; the sandbox uses it from then on
	$(SANDBOX) build rustfs

.PHONY: sandbox-build
sandbox-build: $(SANDBOX) ## Build what the sandbox is made of, some minutes, once
	$(SANDBOX) build

.PHONY: sandbox-up
sandbox-up: build $(SANDBOX) ## Raise a sandbox (NAME=sandbox TIER=cluster|node|three)
	$(SANDBOX) up --name $(NAME) --tier $(TIER)

.PHONY: sandbox-down
sandbox-down: $(SANDBOX) ## End a sandbox (NAME=sandbox)
	$(SANDBOX) down --name $(NAME)

.PHONY: sandbox-status
sandbox-status: $(SANDBOX) ## Tell what runs
	$(SANDBOX) list
	$(SANDBOX) status --name $(NAME)

.PHONY: sandbox-shell
sandbox-shell: build $(SANDBOX) ## A shell in which kubectl, talosctl and the plugins just work (NAME=sandbox)
	$(SANDBOX) shell --name $(NAME)

.PHONY: clean
clean: ## Remove what was built in the work tree
	rm -rf bin dist
