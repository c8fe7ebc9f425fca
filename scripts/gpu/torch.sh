# shellcheck shell=bash disable=SC2154  # gpu-check and steps.sh set what is read here
# Steps torch-gemm and torch-attention of scripts/gpu-check: ours beside PyTorch's, block by block.

# PyTorch finds its own libraries; of the caller's LD_LIBRARY_PATH it gets no more than the driver's folder.
choose_torch_environment() {
  local folder driver=''
  while read -r folder; do
    [[ -n $folder && -e $folder/libcuda.so.1 ]] && driver+=${driver:+:}$folder
  done <<<"$(tr : '\n' <<<"${LD_LIBRARY_PATH:-}")"
  theirs=(env -u LD_LIBRARY_PATH)
  [[ -z $driver ]] || theirs=(env "LD_LIBRARY_PATH=$driver")
}

# Exit code 77 where PyTorch is not there or sees no GPU; its last words say which. From a cold disk it takes long.
import_torch() {
  limited 60 "${theirs[@]}" python3 -c 'import sys
try: import torch
except ImportError as error: print(error); sys.exit(77)
print(f"PyTorch {torch.__version__} sees {torch.cuda.device_count()} GPUs")
sys.exit(0 if torch.cuda.is_available() else 77)'
}

# A case that failed leaves the others to be compared: the first complaint is kept for the end.
complain() { : "${complaint:=$*}"; }

# torch_block WHAT NUMBER: ours, then PyTorch's on the same cases. False where a side has nothing. Its log is its own:
# what another block said is no reason why this one failed.
torch_block() {
  local log=${log%.log}-$2.log
  limited "$(time_left)" "${ours[@]}" "$app/bin/petaproof" run "gpu-$1" --backend cuda --out "$peers/ours-$2"
  if ((code != 0)); then
    judge_run
    complain "ours, block $2: $why"
  fi
  [[ -e $peers/ours-$2/manifest.json ]] || return 1
  limited "$(time_left)" "${theirs[@]}" python3 -B "$root/scripts/peers/torch_$1.py" \
    "$peers/ours-$2" "$peers/torch-$2.json"
  ((code == 0)) || complain "PyTorch's, block $2: exit code $code: $(last '[^[:space:]].*')"
  [[ -e $peers/torch-$2.json ]]
}

# As many blocks as the time allows, so that neither side has the cooler GPU: none is begun that would be cut off.
torch_blocks() {
  local block begun longest=0
  for block in 1 2 3 4 5; do
    ((block == 1 || $(time_left) > longest + 5)) || break
    begun=$SECONDS
    torch_block "$1" "$block" || break
    ((SECONDS - begun <= longest)) || longest=$((SECONDS - begun))
  done
}

# step_torch WHAT: gemm or attention
step_torch() {
  local peers=$out/torch-$1 complaint='' comparing=10
  command -v python3 >/dev/null || {
    skip "there is no python3"
    return
  }
  choose_torch_environment
  import_torch
  case $code in
    0) ;;
    77)
      skip "$(last '[^[:space:]].*')"
      return
      ;;
    *)
      failure "PyTorch could not be imported, exit code $code (124: too slow): $(last '[^[:space:]].*')"
      return
      ;;
  esac
  mkdir -p "$peers"
  deadline=$((deadline - comparing))
  torch_blocks "$1"
  deadline=$((deadline + comparing))
  limited "$comparing" python3 -B "$root/scripts/peers/against_torch.py" "$peers"
  sed -n '/^ours: /,$p' "$log"
  ((code == 0)) || complain "not every case could be compared: $(last '[^[:space:]].*')"
  if [[ -n $complaint ]]; then
    failure "$complaint"
  else
    pass "ratios to PyTorch are in torch-$1/comparison.json"
  fi
}
