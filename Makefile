# The front door: `make help` lists what it opens. Recipes are plain POSIX shell; everything longer lives in scripts/.

SHELL       := /bin/sh
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help build serve test check fuzz bench bench-quick bench-alone bench-report bench-compare bench-tools package package-arm64 deploy undeploy tools venv node njs redis front-ends \
        lint-tools clean

# cargo's own variable, honoured; unset it is target/, as everywhere in the documentation.
BUILT := $(or $(CARGO_TARGET_DIR),target)

# What `tools` fetched because the machine had none. An empty or missing directory does no harm.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

# Make's own flags (`-j`, ARGS=…) are neither for cargo nor for the make that cmake runs inside a build script.
unexport MAKEFLAGS MFLAGS

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: tools ## build target/release/pixfront, and prove that its JPEG codec has SIMD
	cargo build --release --locked --bin pixfront
	@scripts/check-simd.sh '$(BUILT)/release/pixfront'

serve: build ## build, then run the whole service on this machine: make serve ARGS='--port 8080'
	@exec '$(BUILT)/release/pixfront' serve $(ARGS)

# Documentation tests first, so that the last line is the runner's summary.
test: tools node njs redis front-ends lint-tools ## run every test, documentation examples included
	cargo test --doc --locked
	@$(MAKE) --no-print-directory bench-quick
	@if cargo nextest --version >/dev/null 2>&1; then \
		set -x; cargo nextest run --locked; \
	else \
		set -x; cargo test --lib --bins --tests --locked; \
	fi

check: tools lint-tools ## formatting, lints, templates, documentation, and licences if cargo-deny is installed
	cargo fmt --check
	scripts/lint-templates.sh
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --document-private-items --locked
	@if cargo deny --version >/dev/null 2>&1; then \
		set -x; cargo deny --locked check --hide-inclusion-graph bans licenses sources; \
	else \
		echo 'cargo-deny is not installed, so bans, licences and sources were not checked: cargo install --locked cargo-deny'; \
	fi

# Not a part of `make test`: the sanitizers want a nightly compiler.
fuzz: tools ## give a door bytes at random, for so many seconds: make fuzz [TARGET=render|probe|parse] [SECONDS=60]
	@scripts/fuzz.sh '$(or $(TARGET),render)' '$(or $(SECONDS),60)'

# oximg takes minutes to compile, and so is asked for: OXIMG=1.
bench: tools node bench-tools ## measure beside the peers, about an hour: make bench [SUITES=engine,growth,quality,system,lambda] [OXIMG=1]
	cargo bench --bench bench --locked -- run $(if $(SUITES),--suites '$(SUITES)')

bench-quick: tools bench-tools ## prove in two minutes that the bench works, with whatever peers are installed; its times mean nothing
	cargo bench --profile dev --bench bench --locked -- run --quick --into '$(BUILT)/tmp/bench-quick'
	cargo bench --profile dev --bench bench --locked -- alone thumbnails --quick
	cargo bench --profile dev --bench bench --locked -- alone bucket --quick

bench-alone: tools bench-tools ## measure what no peer does: make bench-alone WHAT=thumbnails, or WHAT=bucket (a minute each)
	$(if $(filter thumbnails bucket,$(WHAT)),,$(error say which measurement: make bench-alone WHAT=thumbnails, or WHAT=bucket))
	cargo bench --bench bench --locked -- alone '$(WHAT)'

bench-report: ## write a result's tables and plots anew: make bench-report RESULT=bench/results/….json [README=1]
	$(if $(RESULT),,$(error say which result: make bench-report RESULT=bench/results/….json))
	@cargo bench --profile dev --bench bench --locked -- report '$(RESULT)' $(if $(README),--readme)

bench-compare: ## say what moved between two results, beyond the noise: make bench-compare A=bench/results/….json B=….json
	$(if $(and $(A),$(B)),,$(error say which two results: make bench-compare A=bench/results/….json B=….json))
	@cargo bench --profile dev --bench bench --locked -- compare '$(A)' '$(B)'

package: build ## pack the command, the functions and CloudFront's, in target/package: make package [SETTINGS=pixfront.toml] [SIGNED=1]
	cargo build --release --locked --bins
	@scripts/package.sh '$(BUILT)'
	@scripts/package-lambda.sh '$(BUILT)/release' '$(BUILT)/package' '$(SETTINGS)'
	@scripts/package-function.sh '$(BUILT)/release/pixfront' '$(BUILT)/package' '$(SETTINGS)' '$(SIGNED)'

# Not a part of `make test`: the Rust target comes from rustup, which no package registry serves.
package-arm64: tools venv ## cross-build upload.zip and http.zip for arm64, in target/package/arm64 (says what it needs)
	@scripts/cross-arm64.sh '$(BUILT)' '$(SETTINGS)'

# What is wrong with the words is said before minutes of building. They reach the scripts through the environment.
deploy: venv ## package, then deploy both stacks: make deploy REGION=eu-west-1 [STACK=pixfront] [DOOR=edge|regional] [PARAMETERS='A=b …'] [SETTINGS=…]
	@scripts/deploy.sh --check
	@$(MAKE) --no-print-directory package SIGNED='$(or $(SIGNED),$(findstring SignedUrls=true,$(PARAMETERS)))'
	@scripts/deploy.sh '$(BUILT)/package'

undeploy: venv ## remove the stacks, but not the originals: make undeploy REGION=eu-west-1 [STACK=pixfront]
	@scripts/undeploy.sh

tools: ## find a C compiler, cmake and nasm, or install what is missing (the rest call this)
	@scripts/native-tools.sh

venv: ## install what tests drive (a stand-in for AWS) into .tools/venv (`test` calls this)
	@scripts/test-tools.sh

node: venv ## install Node.js 22 and 24 and Lambda's runtime interface client into .tools/node (`test` calls this)
	@scripts/node-tools.sh

njs: ## install njs, in which the viewer-request function is tested (`test` calls this)
	@scripts/apt-tools.sh njs

redis: ## install redis-server, before which `serve --cache redis://…` is tested (`test` calls this)
	@scripts/apt-tools.sh redis

front-ends: node ## install Chromium, and Next.js into .tools/front-ends, to look at pages in (`test` calls this)
	@scripts/front-end-tools.sh

lint-tools: venv ## install the linters of the templates into .tools/lint (`check` and `test` call this)
	@scripts/lint-tools.sh

bench-tools: node ## install the peers and the photographs of `bench` into .tools/bench (`bench` calls this)
	@scripts/bench-tools.sh $(if $(OXIMG),--oximg) --oha
	@scripts/bench-lambda-tools.sh || echo 'bench-tools: the bench will do without the functions of sharp' >&2

clean: ## remove what was built; fetched tools stay in .tools/
	cargo clean
