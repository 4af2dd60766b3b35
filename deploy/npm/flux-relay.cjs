#!/usr/bin/env node
// What `npx flux-relay` runs, on whatever Node.js there is, so in JavaScript that old ones read too.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `flux-relay needs Node.js 24 or later, and this is ${process.versions.node}: install it from https://nodejs.org/en/download and run this again\n`,
  )
  process.exit(1)
}
// Importing uses libuv's threads already, whose number this sets: see bin/thread-pool.mjs.
process.env.UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE || '128'
import('../lib/flux-relay.mjs')
