#!/usr/bin/env bash
# Alertmanager 0.25.0 (Debian 12).
# An alert whose label has a name that is not classic ([a-zA-Z_][a-zA-Z0-9_]*), as app-version is not, is refused with a
# 400. Other alerts of the same request fire all the same, wherever they stand in it: after a 400 a sender cannot say
# that nothing was taken, and one that drops or repeats the whole request is wrong about some of it. Newer servers take
# such a name (UTF-8 names, from 0.27), so that the same request is right or wrong by the version of the server.
# Seen: app-version: HTTP 400, fires: First Third; app_version: HTTP 200, fires: First Second Third
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null && wait "$server" || true; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download prometheus-alertmanager=0.25.0-1+b4 >/dev/null 2>&1
dpkg-deb -x prometheus-alertmanager_*.deb .
# Its templates are looked for where the package would be installed: the working folder is a path of as many bytes.
templates=/usr/share/prometheus/alertmanager
sed -i "s#$templates#/proc/self/cwd/./././././././././.#g" usr/bin/prometheus-alertmanager
cp ".$templates"/*.tmpl .
printf 'route: { receiver: none }\nreceivers: [{ name: none }]\n' >config.yml
usr/bin/prometheus-alertmanager --config.file=config.yml --storage.path=data --cluster.listen-address= \
  --web.listen-address=127.0.0.1:0 >server.log 2>&1 &
server=$!
for _ in $(seq 100); do grep -q 'Listening on.*address=127' server.log && break; sleep 0.1; done
port=$(sed -n 's/.*Listening on"* address=127\.0\.0\.1:\([0-9]*\).*/\1/p' server.log)
alerts=http://127.0.0.1:$port/api/v2/alerts
send() {
  curl --silent --output answer --write-out '%{http_code}' --header 'content-type: application/json' --data "[
    { \"labels\": { \"alertname\": \"First\" } },
    { \"labels\": { \"alertname\": \"Second\", \"$1\": \"1.2.3\" } },
    { \"labels\": { \"alertname\": \"Third\" } }
  ]" "$alerts"
}
firing() { curl --silent "$alerts" | grep -o '"alertname":"[A-Z][a-z]*"' | cut -d '"' -f 4 | sort | xargs; }
seen="app-version: HTTP $(send app-version), fires: $(firing); app_version: HTTP $(send app_version), fires: $(firing)"
echo "$seen"
[ "$seen" = 'app-version: HTTP 400, fires: First Third; app_version: HTTP 200, fires: First Second Third' ]
