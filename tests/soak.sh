#!/usr/bin/env bash
# The long figures. Each item of the list below runs once for the sources as they are: its result, commit and command go into
# docs/soak.md, and starting again skips what is done there. Another item is another line.
#   tests/soak.sh            every item
#   tests/soak.sh PATTERN    those whose name matches
set -euo pipefail
cd "$(dirname "$0")/.."
log=docs/soak.md

# name | preset | build target | command, from build/PRESET/tests; the lines that it prints of its figures are the result
items=(
  "reference lock-step, gcc|release|test_lockstep|VMSIM_SCALE=100 ./test_lockstep --gtest_filter='*Reference*'"
  "reference lock-step, clang|clang|test_lockstep|VMSIM_SCALE=100 ./test_lockstep --gtest_filter='*Reference*'"
  "jit lock-step, gcc|release|test_jit|VMSIM_SCALE=100 ./test_jit --gtest_filter='Jit/*'"
  "jit lock-step, clang|clang|test_jit|VMSIM_SCALE=100 ./test_jit --gtest_filter='Jit/*'"
  "100000 privileged programs, bare and trap|release|test_lockstep|VMSIM_SCALE=100 ./test_lockstep --gtest_filter='Techniques/RandomPrograms.*/0:Techniques/RandomPrograms.*/1'"
  "100000 privileged programs, bare and emulate and hybrid, and each cache off|release|test_lockstep|VMSIM_SCALE=100 ./test_lockstep --gtest_filter='Techniques/RandomPrograms.*-*/0:*/1'"
  "10000 privileged programs, bare and qemu-system-riscv32|release|test_qemu|VMSIM_SCALE=34 ./test_qemu"
  "10000 user programs, bare and qemu-riscv32|release|test_qemu_user|VMSIM_SCALE=100 ./test_qemu_user"
  "decoder, every word|release|test_isa|VMSIM_SCALE=1009 ./test_isa --gtest_filter='TheDecoder.*'"
  "mutants of toy32, all of them|release|test_check|VMSIM_SCALE=10 ./test_check --gtest_filter='Mutants.*'"
  "ten million random trials of each class of toy32, a million of each variant's own|release|test_check|VMSIM_SCALE=10000 ./test_check --gtest_filter='Trials.AtRandom*'"
  "every state of few words|release|test_check|VMSIM_SCALE=100 ./test_check --gtest_filter='Trials.OneAfter*'"
  "64 guests by weight and half of them hostile, 10^8 steps|release|test_monitor|./test_monitor --gtest_filter='TheHost.*'"
  "10000 machines, one after the other|release|test_monitor|VMSIM_SCALE=10 ./test_monitor --gtest_filter='AThousandMachines.*'"
  "the minikernel's whole session in lock-step|release|test_minikernel|VMSIM_SCALE=250 ./test_minikernel --gtest_filter='*records_are_the_same*'"
  "the whole suite under sanitizers, nothing left out|asan|all|cd .. && VMSIM_SCALE=1 ctest -j $(nproc)"
  "every seeded bug|release|test_lockstep|../../../tests/mutants/run"
)
for source in tests/fuzz/*.cpp; do
  name=$(basename "$source" .cpp)
  items+=("fuzz $name, an hour|fuzz|fuzz_$name|mkdir -p fuzz/corpus_$name && fuzz/fuzz_$name -max_total_time=3600 -max_len=2048 -len_control=0 -timeout=20 -print_final_stats=1 \$(test -s fuzz/$name.seeds && echo -seed_inputs=@fuzz/$name.seeds) fuzz/corpus_$name")
done

# What a figure comes from: a document, or another program's test, does not make it old. The whole suite and the seeded bugs build everything.
sources_of() {  # target, command
  local from=(CMakeLists.txt CMakePresets.json host isa vcpu machine monitor guests trace tests/CMakeLists.txt tests/support tests/lockstep tests/reference)
  case $1 in
    fuzz_*) from+=(tests/fuzz/CMakeLists.txt 'tests/fuzz/*.hpp' "tests/fuzz/${1#fuzz_}.cpp") ;;
    test_*) from+=("tests/${1#test_}") ;;
  esac
  case $1 in test_check | fuzz_variant) from+=(check) ;; esac
  case $2 in *tests/mutants* | *ctest*) from=(.) ;; esac
  git ls-files -s -- "${from[@]}" | grep -v -E '\.md$' | git hash-object --stdin | cut -c1-12
}
commit=$(git rev-parse --short HEAD)
[ -z "$(git status --porcelain -- ':!*.md')" ] || { echo "soak: commit first: a figure is of a commit"; exit 64; }

for item in "${items[@]}"; do
  IFS='|' read -r name preset target command <<< "$item"
  [[ $name =~ ${1:-.} ]] || continue
  sources=$(sources_of "$target" "$command")
  if grep -qF "| $name | $sources |" "$log"; then echo "done already: $name"; continue; fi
  echo "== $name"
  cmake --preset "$preset" > /dev/null
  cmake --build --preset "$preset" --target "$target" > /dev/null
  out=$(mktemp)
  start=$SECONDS
  if (cd "build/$preset/tests" && eval "$command") > "$out" 2>&1; then verdict=passed; else verdict=FAILED; fi
  result=$(grep -E ' programs, | mutants: | machines, | words|trials of each|exhausted|caught|steps compared|tests passed|stat::number_of_executed_units' "$out" | tail -n 12 | tr '\n' ';' | tr '|' '/' || true)
  tail -n 5 "$out"
  echo "| $name | $sources | $commit | $verdict in $((SECONDS - start)) s | ${result:-$(tail -n 1 "$out" | tr '|' '/')} | \`$command\` |" >> "$log"
  [ "$verdict" = passed ] || { echo "soak: $name failed, see $out"; exit 1; }
  rm "$out"
done
