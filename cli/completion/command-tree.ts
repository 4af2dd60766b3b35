import type { Command } from 'commander'

/** A command, as completion knows it. */
export interface CommandNode {
  /** The words that lead to it, such as `get deliveries`; empty for the program itself. */
  readonly path: string
  readonly description: string
  /** What can stand next: names and aliases of commands, or the values of an argument. */
  readonly words: readonly Word[]
  readonly options: readonly CompletedOption[]
}

export interface Word {
  readonly text: string
  readonly description: string
}

export interface CompletedOption {
  /** `-o` and `--output`, as far as it has them. */
  readonly flags: readonly string[]
  readonly description: string
  readonly takesValue: boolean
  /** The values that it takes; empty when they are not known. */
  readonly values: readonly string[]
}

const HELP: CompletedOption = {
  flags: ['-h', '--help'],
  description: 'show the help',
  takesValue: false,
  values: [],
}

/** Every command of the program, aliases as commands of their own. */
export async function commandTree(): Promise<readonly CommandNode[]> {
  const { COMMANDS } = await import('../commands.ts')
  const commands = await Promise.all([...COMMANDS.values()].map((load) => load()))
  const root = {
    path: '',
    description: '',
    words: commands.flatMap(wordsOf),
    options: [{ ...HELP, flags: ['-V', '--version'], description: 'show the version' }, HELP],
  }
  return [root, ...commands.flatMap((command) => nodesOf(command, ''))]
}

function nodesOf(command: Command, above: string): readonly CommandNode[] {
  return [command.name(), ...command.aliases()].flatMap((name) => {
    const path = `${above} ${name}`.trim()
    const node = {
      path,
      description: firstLine(command.description()),
      words: [...command.commands.flatMap(wordsOf), ...argumentValues(command)],
      options: [...command.options.filter(({ hidden }) => !hidden).map(optionOf), HELP],
    }
    return [node, ...command.commands.flatMap((child) => nodesOf(child, path))]
  })
}

function wordsOf(command: Command): readonly Word[] {
  const description = firstLine(command.description())
  return [command.name(), ...command.aliases()].map((text) => ({ text, description }))
}

function argumentValues({ registeredArguments }: Command): readonly Word[] {
  const [first] = registeredArguments
  return (first?.argChoices ?? []).map((text) => ({ text, description: first?.description ?? '' }))
}

function optionOf(option: Command['options'][number]): CompletedOption {
  return {
    flags: [option.short, option.long].flatMap((flag) => flag ?? []),
    description: firstLine(option.description),
    takesValue: option.required || option.optional,
    values: option.argChoices ?? [],
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
