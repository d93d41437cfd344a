# Functions that the scripts of this folder share; source it. It makes $work, a directory that goes away with the script,
# and stops every server that was started, however the script ends.

# run says what it does before it does it.
run() {
  printf '+ %s\n' "$*"
  "$@"
}

# fail ends the script, or the step of it, with a message.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# need COMMAND PACKAGE... installs Debian packages if a command is missing.
need() {
  if command -v "$1" >/dev/null; then return; fi
  apt_install "${@:2}"
  command -v "$1" >/dev/null || fail "$1 is missing and did not come with ${*:2}"
}

# need_cc installs a C compiler and the headers of the C library, one of which may be there without the other.
need_cc() {
  compiles_c && return
  apt_install gcc libc6-dev
  compiles_c || fail 'gcc does not compile, not even with gcc and libc6-dev installed'
}

compiles_c() {
  command -v gcc >/dev/null || return
  printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | gcc -x c -o "$work/compiled" - 2>/dev/null
}

apt_install() {
  command -v apt-get >/dev/null || fail "install $* first"
  run apt-get update -q
  run env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# start PATTERN COMMAND... runs a server in the background and waits for a line of its output that matches the extended
# regular expression. The text of its first group is left in $found.
start() {
  local pattern=$1 log=$work/server-$RANDOM.log
  shift
  printf '+ %s &\n' "$*"
  : >"$log"
  "$@" >"$log" 2>&1 &
  servers+=($!)
  for _ in $(seq 300); do
    if found=$(sed -nE "s#.*$pattern.*#\\1#p;T;q" "$log") && [ -n "$found" ]; then return; fi
    if ! kill -0 $! 2>/dev/null; then
      cat "$log" >&2
      fail "$1 ended before it was ready"
    fi
    sleep 0.1
  done
  cat "$log" >&2
  fail "$1 was not ready within 30 seconds"
}

# stop_servers ends what start has started: asked first, killed after 15 seconds.
stop_servers() {
  local pid
  for pid in "${servers[@]}"; do
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 150); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  servers=()
}

servers=()
work=$(mktemp -d)
trap 'stop_servers; rm -rf "$work"' EXIT
