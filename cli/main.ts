import { Command } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { applyCommand } from './apply.ts'
import { clusterCommand } from './cluster.ts'
import { getCommand } from './get.ts'
import { replayCommand } from './replay.ts'
import { runProgram } from './run-program.ts'
import { secretCommand } from './secret.ts'
import { sendCommand } from './send.ts'
import { serveCommand } from './serve.ts'
import { shipCommand } from './ship.ts'
import { validateCommand } from './validate.ts'

/** Runs the CLI; resolves with the exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('flux-relay')
    .description('Relay for GitOps notifications: takes Flux events, delivers them, loses none.')
    .version(manifest.version)
    .addCommand(serveCommand())
    .addCommand(shipCommand())
    .addCommand(applyCommand())
    .addCommand(validateCommand())
    .addCommand(sendCommand())
    .addCommand(getCommand())
    .addCommand(replayCommand())
    .addCommand(secretCommand())
    .addCommand(clusterCommand())
  return runProgram(program, argv)
}
