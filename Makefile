# What a person types; `make help` lists it. The work is in tools/ and CMakePresets.json.
PYTHON ?= /usr/bin/python3
SUDO := $(shell [ "$$(id -u)" -eq 0 ] || echo sudo)
SOURCES = $$(git ls-files -co --exclude-standard 'src/*.h' 'src/*.cc' 'tests/*.h' 'tests/*.cc')

.PHONY: help install build demo test check soak nightly format clean

help:                 ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

install:              ## the Debian packages that are missing (tools/packages.txt)
	@tools/install.sh

build: install        ## the programs, optimised, in build/release/bin
	@$(PYTHON) tools/verify.py build

demo: build           ## the auto-mTLS lab on this machine, four phases, real traffic
	$(SUDO) build/release/bin/mortise demo lab
	@echo '("mortise" is typed here as: $(strip $(SUDO) build/release/bin/mortise))'

test: install         ## every suite: unit, sanitizers, whole mesh (needs root)
	@$(PYTHON) tools/verify.py test

check: install        ## what CI asks first: format, layers, sizes, clang-tidy, unit tests
	@$(PYTHON) tools/verify.py check

soak: install         ## faults for long: what `make test` does ten times, hundreds of times
	@$(PYTHON) tools/verify.py soak

nightly: install      ## what takes long: fuzzers, thread races, the whole mesh three times
	@$(PYTHON) tools/verify.py nightly

format:               ## rewrites the C++ sources as .clang-format says
	clang-format-19 -i $(SOURCES)

clean:                ## removes build/
	rm -rf build
