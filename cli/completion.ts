import { Argument, Command } from 'commander'
import { commandTree } from './completion/command-tree.ts'
import { bashScript, fishScript, zshScript } from './completion/scripts.ts'
import { print } from './output/print.ts'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

/** `flux-relay completion`: what makes a shell complete the commands and their options. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('print what makes a shell complete commands and options')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .action(async (shell: keyof typeof SCRIPTS) => print(SCRIPTS[shell](await commandTree())))
}
