import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../cli/commands.ts'
import { commandTree } from '../../cli/completion/command-tree.ts'
import { EXAMPLES } from '../../cli/help-examples.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'

/** The commands that do something, without second names. */
async function leaves(): Promise<readonly string[]> {
  const commands = await Promise.all([...COMMANDS.values()].map((load) => load()))
  return commands.flatMap((command) =>
    command.commands.length === 0
      ? [command.name()]
      : command.commands.map((child) => `${command.name()} ${child.name()}`),
  )
}

describe('the examples of the help', () => {
  it('are there for every command, and for no other', async () => {
    expect([...EXAMPLES.keys()].toSorted()).toEqual((await leaves()).toSorted())
  })

  it('have options that the command has', async () => {
    const tree = await commandTree()
    for (const [path, examples] of EXAMPLES) {
      const flags = tree.find((node) => node.path === path)?.options.flatMap((it) => it.flags)
      for (const example of examples) {
        const own = example.slice(example.indexOf('flux-relay '))
        const used = own.match(/(?<= )--?[a-z][a-z-]*/g) ?? []
        expect(flags, example).toEqual(expect.arrayContaining([...used]))
        expect(own).toMatch(new RegExp(`^flux-relay ${path.replace(/s$/, 's?')}\\b`))
      }
    }
  })

  it('have a value for each option that takes one', async () => {
    const tree = await commandTree()
    const lacking = [...EXAMPLES].flatMap(([path, examples]) => {
      const options = tree.find((node) => node.path === path)?.options ?? []
      const flags = options.filter(({ takesValue }) => takesValue).flatMap((it) => it.flags)
      return examples.filter((example) =>
        flags.some((flag) => new RegExp(` ${flag}(?: -[a-z-]|$)`).test(example)),
      )
    })
    expect(lacking).toEqual([])
  })

  it('stand at the end of the help', async () => {
    const { code, stdout, stderr } = await fluxRelay(['get', 'deliveries', '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/\n\nExamples:\n( {2}flux-relay get deliveries .*\n){3}$/)
  })
})
