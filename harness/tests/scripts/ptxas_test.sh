#!/usr/bin/env bash
# What the compiler says of the kernels for sm_90a, where a remark of it costs most of the rate: no register is spilled,
# no wgmma is serialised or waited for where the source does not, setmaxnreg is not ignored. Each of these files is
# compiled once more with -Xptxas -v, as the build compiles it. First a kernel that touches its sums too early, to prove
# that the remark would be found.
#
#   ptxas_test.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
build=$2
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

# command_for FILE SOURCE: the build's command for FILE, which compiles SOURCE instead and reports; device code alone.
command_for() {
  python3 - "$build/compile_commands.json" "$1" "$2" "$work/cubin" <<'END'
import json, shlex, sys
commands, file, source, cubin = sys.argv[1:]
words = next(shlex.split(e["command"]) for e in json.load(open(commands)) if e["file"] == file)
first = next(i for i, word in enumerate(words) if word.endswith("nvcc"))  # before it stands a launcher, if any
print(shlex.join(words[first:words.index("-c")] + ["-cubin", source, "-o", cubin, "-Xptxas=-v"]))
END
}

# report FILE [SOURCE]: what ptxas says
report() {
  local command
  command=$(command_for "$1" "${2:-$1}")
  (cd "$build" && eval "$command") 2>&1 || echo "nvcc failed"
}

# complaints REPORT: the lines that name something wrong
complaints() {
  grep -vE '(^| )0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads$' <<<"$1" |
    grep -E 'spill|stack frame|serializ|setmaxnreg|Performance Loss|\(C[0-9]+\)|warning|error|nvcc failed' || true
}

mapfile -t files < <(grep -rlE '^// needs:.*\<sm_90a\>' "$source_folder/kernels" --include='*.cu' | sort)
check "there are kernels for sm_90a" yes "$( ((${#files[@]} > 0)) && echo yes)"
hopper=$source_folder/kernels/gemm/hopper.cu

cat >"$work/too_early.cu" <<'END'
#include "kernels/device/cuda/wgmma.cuh"
__global__ void too_early(float* c, std::uint64_t a, std::uint64_t b) {
  namespace ptx = petaproof::cuda::ptx;
  float sums[128] = {};
  ptx::wgmma_fence();
  ptx::wgmma_m64n256k16_bf16(sums, a, b, false);
  ptx::wgmma_commit();
  for (int i = 0; i < 128; ++i) c[128 * threadIdx.x + i] = sums[i];
  ptx::wgmma_wait<0>();
}
END
check_like "complaints about sums that are touched too early" "*(C75[0-9][0-9])*" \
  "$(complaints "$(report "$hopper" "$work/too_early.cu")")"

dealt=()
for file in "${files[@]}"; do
  said=$(report "$file")
  check_like "the report of ${file#"$source_folder"/}" "*Used * registers*" "$said"
  check "complaints about ${file#"$source_folder"/}" '' "$(complaints "$said")"
  # setmaxnreg deals out what the block was started with: with fewer, the consumers would wait for ever
  if kernel=$(grep -oE 'hopper_(gemm|attention_forward)I' <<<"$said" | sort -u); then
    dealt+=("$kernel")
    check "registers of ${file#"$source_folder"/}'s kernels" 168 \
      "$(grep -A 3 "Compiling.*$kernel" <<<"$said" | sed -n 's/.*Used \([0-9]*\) registers.*/\1/p' | sort -u)"
  fi
done
check "kernels that deal out registers" "hopper_attention_forwardI hopper_gemmI" "${dealt[*]}"
finish
