# Two commands on a fresh Debian 12: `make demo` and `make test`. Each installs what is missing, builds, and runs.
# packages.txt lists what they install. `make soak` runs the long figures.
SHELL := /bin/bash
JOBS ?= $(shell nproc)

.PHONY: demo test build packages asan clang bench soak format clean

demo: build
	build/release/vmsim run guests/asm/hello.s --trace

test: build
	ctest --preset release -j $(JOBS)
	cmake --preset asan
	cmake --build --preset asan -j $(JOBS)
	VMSIM_SCALE=$${VMSIM_SCALE:-0.1} ctest --preset asan -j $(JOBS)

# Warnings are errors in both compilers.
clang: packages
	cmake --preset clang
	cmake --build --preset clang -j $(JOBS)
	ctest --preset clang -j $(JOBS)

build: packages
	cmake --preset release
	cmake --build --preset release -j $(JOBS)

packages:
	@missing=$$(for p in $$(cat packages.txt); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing:" $$missing; \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
	fi

bench: build
	build/release/bench/bench_interpreter

soak: build
	tests/soak.sh

format:
	git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

clean:
	rm -rf build
