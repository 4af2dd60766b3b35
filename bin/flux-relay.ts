#!/usr/bin/env node
import './require-node-24.mjs'
import { run } from '../cli/main.ts'

process.exitCode = await run(process.argv)
