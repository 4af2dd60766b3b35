import './require-node-24.mjs'
import { runProgram } from '../cli/run-program.ts'
import { shipCommand } from '../cli/ship.ts'

// `flux-relay ship` and nothing else: what the container image runs.
process.exitCode = await runProgram(shipCommand().name('flux-relay ship'), process.argv)
