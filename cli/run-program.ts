import { type Command, CommanderError } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { warnLine } from './output/print.ts'

/** Runs a command line to its end; resolves with the exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
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
