# What a person types; `make help` lists it. The work is in tools/ and CMakePresets.json.
PYTHON ?= /usr/bin/python3
SUDO := $(shell [ "$$(id -u)" -eq 0 ] || echo sudo)
SOURCES = $$(git ls-files -co --exclude-standard '*.h' '*.cc')

.PHONY: help install build demo test check soak nightly fresh bench format clean

# `make bench b1 b2`: the words after "bench" are rows, not targets. Also: make bench ROWS="b1 b2".
ifeq ($(firstword $(MAKECMDGOALS)),bench)
ROWS ?= $(wordlist 2, $(words $(MAKECMDGOALS)), $(MAKECMDGOALS))
NOT_TARGETS := $(wordlist 2, $(words $(MAKECMDGOALS)), $(MAKECMDGOALS))
ifneq ($(NOT_TARGETS),)
.PHONY: $(NOT_TARGETS)
$(NOT_TARGETS): bench
	@:
endif
endif

help:                 ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

install:              ## the Debian packages that are missing (tools/packages.txt)
	@tools/install.sh

build: install        ## the programs, optimised, in build/release/bin
	@$(PYTHON) tools/verify.py build

demo: build           ## the auto-mTLS lab on this machine, four phases, real traffic
	$(SUDO) build/release/bin/mortise demo lab
	@echo '("mortise" is typed here as: $(strip $(SUDO) build/release/bin/mortise))'

test: install         ## what every commit passes: unit, sanitizers, whole mesh (needs root)
	@$(PYTHON) tools/verify.py test

check: install        ## what CI asks first: format, layers, sizes, clang-tidy, unit tests
	@$(PYTHON) tools/verify.py check

soak: install         ## faults for long: what `make test` does ten times, hundreds of times
	@$(PYTHON) tools/verify.py soak

nightly: install      ## fuzzers, thread races, many seeds, the whole mesh three times
	@$(PYTHON) tools/verify.py nightly

bench: install        ## measures beside HAProxy, nginx, Envoy; ROWS="b1 b2", PAIRS=2 to try
	@tools/install.sh bench
	@$(PYTHON) tools/verify.py bench
	@$(SUDO) $(PYTHON) bench/run.py $(ROWS) $(if $(PAIRS),--pairs $(PAIRS)) $(OPTIONS)

fresh:                ## the README's two commands on a new Debian 12 (FROM=scratch begins anew)
	@tools/install.sh fresh
	@$(SUDO) $(PYTHON) tools/fresh.py $(if $(FROM),--from $(FROM)) $(if $(DIR),--dir $(DIR)) \
	  $(if $(MIRROR),--mirror $(MIRROR))

format:               ## rewrites the C++ sources as .clang-format says
	clang-format-19 -i $(SOURCES)

clean:                ## removes build/
	rm -rf build
