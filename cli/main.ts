import { Command } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { COMMANDS } from './commands.ts'
import { addExamples } from './help-examples.ts'
import { runProgram } from './run-program.ts'

/**
 * Runs the CLI; resolves with the exit code: 0, 1 for a failure, 2 for wrong usage. Without arguments
 * it prints the help, which is no failure.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const [node = '', script = '', ...args] = argv
  const program = new Command('flux-relay')
    .description('Relay for GitOps notifications: takes Flux events, delivers them, loses none.')
    .version(manifest.version)
  for (const command of await commandsFor(args)) {
    addExamples(command)
    program.addCommand(command)
  }
  return runProgram(program, [node, script, ...(args.length === 0 ? ['--help'] : args)])
}

/** The command that the arguments name, alone; all commands where they name none, for help and errors. */
function commandsFor([name = '']: readonly string[]): Promise<readonly Command[]> {
  const load = COMMANDS.get(name)
  const needed = load === undefined ? [...COMMANDS.values()] : [load]
  return Promise.all(needed.map((make) => make()))
}
