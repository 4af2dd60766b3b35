import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { replayCommand } from './replay.ts'
import { serveCommand } from './serve.ts'
import { UsageError } from './usage-error.ts'

/** Runs the CLI; resolves with the exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('flux-relay')
    .description('Relay for GitOps notifications: takes Flux events, delivers them, loses none.')
    .version(manifest.version)
    .exitOverride()
    .addCommand(serveCommand())
    .addCommand(replayCommand())
  for (const command of program.commands) command.exitOverride()
  try {
    await program.parseAsync([...argv])
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`flux-relay: ${error.message}\n`)
    return error.exitCode
  }
}
