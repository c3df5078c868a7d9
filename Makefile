# SPDX-License-Identifier: BSD-3-Clause
# A thin front of the CMake presets. The two that matter: make demo, make test.
SHELL := /bin/bash
.PHONY: build test demo bench ci format clean install-build install-test install-bench

build: install-build
	@cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset release
	@echo "the command is build/release/bin/dctprep"

test: install-build install-test
	@cmake --preset dev >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset dev
	@ctest --preset dev --output-on-failure -j $$(nproc)

demo: build
	@tools/demo.sh build/release/bin/dctprep demo

# Everything that docs/performance.md tells, measured anew; some ten minutes, on a machine that does nothing else.
bench: install-build install-bench
	@cmake --preset bench >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset bench
	@bench/run.sh build/bench/bin build/bench/measured

ci:
	@bash .ci/run

format: 
	@clang-format -i $$(git ls-files '*.h' '*.cc')

install-build:
	@mkdir -p build
	@tools/install_dependencies.sh build

install-test:
	@tools/install_dependencies.sh build test

install-bench:
	@mkdir -p build
	@tools/install_dependencies.sh build bench

clean:
	rm -rf build demo
