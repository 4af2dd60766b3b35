#!/usr/bin/env node
import './require-node-24.mjs'
import './thread-pool.mjs'
import { run } from '../cli/main.ts'
import { endWithReader } from '../cli/output/end-with-reader.ts'

process.stdout.on('error', endWithReader)
process.exitCode = await run(process.argv)
