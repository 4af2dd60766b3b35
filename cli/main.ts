import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { applyCommand } from './apply.ts'
import { clusterCommand } from './cluster.ts'
import { getCommand } from './get.ts'
import { warnLine } from './output/print.ts'
import { replayCommand } from './replay.ts'
import { secretCommand } from './secret.ts'
import { sendCommand } from './send.ts'
import { serveCommand } from './serve.ts'
import { shipCommand } from './ship.ts'
import { UsageError } from './usage-error.ts'
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
  throwInsteadOfExiting(program)
  try {
    await program.parseAsync([...argv])
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof UsageError)) throw error
    warnLine(`flux-relay: ${error.message}`)
    return error.exitCode
  }
}

/** Commander passes this setting on to no command that was made apart. */
function throwInsteadOfExiting(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) throwInsteadOfExiting(child)
}
