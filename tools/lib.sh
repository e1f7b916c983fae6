# SPDX-License-Identifier: EUPL-1.2
# Shared by tools/demo and tools/test: packages, progress, one line on failure.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
logs=build/log
mkdir -p "$logs"
jobs=$(nproc)
export CCACHE_MAXSIZE="${CCACHE_MAXSIZE:-4G}"

step() { printf '\n==> %s\n' "$*"; }
fail() {
  printf '\nFAILED: %s\n' "$*" >&2
  exit 1
}

# progress LOG: how far ninja is by its log, as long as this runs. On a terminal in place, else a mark now and then.
progress() {
  local far
  while sleep 5 >/dev/null 2>&1; do
    far=$(grep -oE '^\[[0-9]+/[0-9]+\]' "$1" 2>/dev/null | tail -n 1) || continue
    if [ -t 1 ]; then printf '%-12s\b\b\b\b\b\b\b\b\b\b\b\b' "$far"; elif ((SECONDS % 60 < 5)); then printf '%s ' "$far"; fi
  done
}

# quietly NAME COMMAND…: output goes to build/log/NAME; its tail is shown only when the command fails.
quietly() {
  local name=$1 started=$SECONDS status=0 watch
  shift
  printf '    %-44s' "$name"
  progress "$logs/${name// /-}" &
  watch=$!
  "$@" >"$logs/${name// /-}" 2>&1 || status=$?
  kill "$watch" 2>/dev/null
  wait "$watch" 2>/dev/null || true
  if [ "$status" = 0 ]; then
    printf 'ok, %d s\n' $((SECONDS - started))
  else
    printf 'failed\n'
    tail -n 60 "$logs/${name// /-}" >&2
    fail "$name (whole output: $logs/${name// /-})"
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "installing packages needs root or sudo: $*"
  fi
}

# packages FILE: installs what is missing of the list, one name a line.
packages() {
  local missing=() name
  while read -r name; do
    [[ -z $name || $name == \#* ]] && continue
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done <"$1"
  [ ${#missing[@]} = 0 ] && return 0
  command -v apt-get >/dev/null || fail "this needs Debian 12 or later (apt-get); wanted: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

build() {
  local preset=$1
  shift
  quietly "configure $preset" cmake --preset "$preset" "$@"
  quietly "build $preset" cmake --build --preset "$preset" --parallel "$jobs"
}
