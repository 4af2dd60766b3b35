import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../cli/commands.ts'
import { OUTCOMES } from '../../relay/model/outcomes.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'

// A change of these texts is a change that users see, so a review sees it in files.
// `npm test -- test/cli/help.test.ts -u` writes all of them anew.
const FOLDER = join(import.meta.dirname, 'help')

/** The words that lead to each command, without second names; none are the program itself. */
const paths = [
  [],
  ...(await Promise.all([...COMMANDS.values()].map((load) => load()))).flatMap((command) => [
    [command.name()],
    ...command.commands.map((child) => [command.name(), child.name()]),
  ]),
]

const fileOf = (path: readonly string[]) => `${['flux-relay', ...path].join('-')}.txt`

describe('the help', () => {
  it.each(paths.map((path) => ({ path, file: fileOf(path) })))(
    'is $file',
    async ({ path, file }) => {
      const { code, stdout, stderr } = await fluxRelay([...path, '--help'])
      expect([code, stderr]).toEqual([0, ''])
      await expect(stdout).toMatchFileSnapshot(join(FOLDER, file))
    },
  )

  it('names every outcome that --outcome takes', async () => {
    const { stdout } = await fluxRelay(['get', 'deliveries', '--help'])
    const [, option = ''] = /--outcome <outcomes>([\s\S]*?)\n +--/.exec(stdout) ?? []
    expect(option.match(/\w+/g)).toEqual(expect.arrayContaining([...OUTCOMES]))
  })

  it('has no file of a command that is gone', () => {
    expect(paths.map(fileOf)).toEqual(expect.arrayContaining(readdirSync(FOLDER)))
  })
})
