# Two commands on a fresh Debian 12: `make demo` and `make test`. Each installs what is missing, builds, and runs.
# packages.txt lists what they install. `make sanitize` runs the tests once more under sanitizers and each fuzz target for a while (.ci/run runs
# both), `make soak` the long figures, `make lint` what compilers do not say.
SHELL := /bin/bash
JOBS ?= $(shell nproc)

.PHONY: demo test sanitize build packages clang bench soak format lint clean

# Only what README's commands need: tests take most of the time that a whole build takes.
demo: packages
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target vmsim guests
	build/release/vmsim run guests/asm/hello.s --trace

test: build
	ctest --preset release -j $(JOBS)

sanitize: packages
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

# Not part of `make test`: clang-tidy reads every file with all its headers, which takes longer than compiling it. LINT chooses files by a pattern.
LINT ?= .
lint: packages
	git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run -Werror
	cmake -S . -B build/lint -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Release -DVMSIM_TESTS=OFF -DVMSIM_BENCH=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
	cmake --build build/lint --target check/generated/check/identity.hpp
	run-clang-tidy -j $(JOBS) -p build/lint -quiet '$(LINT)'

clean:
	rm -rf build
