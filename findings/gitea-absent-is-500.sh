#!/usr/bin/env bash
# Gitea 1.26.0, built from its Go module by Go and a C compiler, which takes minutes.
# Gitea's API says 404 of a commit and of an issue that a repository does not have, but 500 of a status for that commit and
# of the comments of that issue, with an empty message to all but administrators. Nothing in the answer tells it from a
# server in trouble, so who retries server errors retries for ever, and only a question for the commit, or the issue, tells.
# Seen: commit 404, its status 500 {"message":""}, issue 404, its comments 500 {"message":""}
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
module=$(go mod download -json code.gitea.io/gitea@v1.26.0 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp -R "$module" source && chmod -R u=rwX,go=rX source && chmod 755 . && mkdir -m 777 work
(cd source && CGO_ENABLED=1 go build -trimpath -ldflags='-s -w' -tags='sqlite sqlite_unlock_notify' -o gitea .)
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })")
cat >work/app.ini <<INI
WORK_PATH = $folder/work
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = $port
ROOT_URL = http://127.0.0.1:$port/
STATIC_ROOT_PATH = $folder/source
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
[security]
INSTALL_LOCK = true
SECRET_KEY = a key
INI
chmod 666 work/app.ini
# Gitea refuses to run as root.
as_user=(env "HOME=$folder/work")
[ "$(id -u)" != 0 ] || as_user=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "${as_user[@]}")
"${as_user[@]}" source/gitea web --config work/app.ini >server.log 2>&1 &
server=$!
api=http://127.0.0.1:$port/api/v1
for _ in $(seq 300); do curl -sf "${api%/v1}/healthz" >/dev/null && break; sleep 0.2; done
"${as_user[@]}" source/gitea admin user create --config work/app.ini --username ana --password 'a long password' \
  --email ana@gitea.test --must-change-password=false >/dev/null
call() { curl -s -u 'ana:a long password' -H 'content-type: application/json' "$@"; }
answer() { call -w ' %{http_code}' "$@" | tr -d '\n' | sed -E 's/.*("message":"[^"]*").* ([0-9]+)$/\2 {\1}/'; }
call "$api/user/repos" -d '{"name":"r","auto_init":true}' >/dev/null
repository=$api/repos/ana/r
sha=$(printf 'a%.0s' $(seq 40))
status() { call -o /dev/null -w '%{http_code}' "$@"; }
seen="commit $(status "$repository/git/commits/$sha"), its status $(answer "$repository/statuses/$sha" -d '{"state":"success"}')"
seen="$seen, issue $(status "$repository/issues/9"), its comments $(answer "$repository/issues/9/comments")"
echo "$seen"
[ "$seen" = 'commit 404, its status 500 {"message":""}, issue 404, its comments 500 {"message":""}' ]
