#!/usr/bin/env bash
# nats-server 2.9.10 (Debian 12), @nats-io/transport-node and @nats-io/jetstream 3.4.0.
# A publisher of core NATS that flushes has its server's word for the message. A stream that takes the subject and is full
# (discard: new) drops it all the same: no error reaches the publisher. Only a publisher that asks for an answer, as those
# of JetStream do, is told: "maximum messages exceeded".
# Seen: core publish and flush: no error, messages in the stream: 1, JetStream publish: maximum messages exceeded
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download nats-server=2.9.10-1+b3 >/dev/null 2>&1
dpkg-deb -x nats-server_*.deb .
npm install --silent --no-audit --no-fund @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0
printf 'listen: "127.0.0.1:-1"\nports_file_dir: "."\njetstream { store_dir: "js" }\n' >nats.conf
usr/sbin/nats-server -c nats.conf >server.log 2>&1 &
server=$!
for _ in $(seq 100); do grep -q 'Server is ready' server.log && break; sleep 0.1; done
port=$(sed -n 's/.*client connections on 127\.0\.0\.1:\([0-9]*\).*/\1/p' server.log)
cat >see.mjs <<'JS'
import { connect } from '@nats-io/transport-node'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
const connection = await connect({ servers: `127.0.0.1:${process.argv[2]}` })
const manager = await jetstreamManager(connection)
await manager.streams.add({ name: 'S', subjects: ['flux.>'], storage: 'memory', max_msgs: 1, discard: 'new' })
const client = jetstream(connection)
await client.publish('flux.events', 'first')
connection.publish('flux.events', 'second')
await connection.flush()
const { state } = await manager.streams.info('S')
const refusal = await client.publish('flux.events', 'third').then(() => 'stored', ({ message }) => message)
console.log(`core publish and flush: no error, messages in the stream: ${state.messages}, JetStream publish: ${refusal}`)
await connection.close()
JS
seen=$(node see.mjs "$port")
echo "$seen"
[ "$seen" = 'core publish and flush: no error, messages in the stream: 1, JetStream publish: maximum messages exceeded' ]
