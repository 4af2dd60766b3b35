import { expect, it } from 'vitest'
import { COMMANDS } from '../../cli/commands.ts'
import { readProjectFile } from '../../docs/generate/project.ts'

const PAGE = readProjectFile('docs/cli.md')

/** Their options are many, and have pages of their own. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ship: 'docs/shipper.md',
  'cluster identity': 'docs/aws.md',
}

/** What can be run, by the words that run it. */
const commands = (await Promise.all([...COMMANDS.values()].map((load) => load()))).flatMap(
  (command) =>
    command.commands.length === 0
      ? [{ name: command.name(), options: command.options }]
      : command.commands.map((child) => ({
          name: `${command.name()} ${child.name()}`,
          options: child.options,
        })),
)

it.each(commands)('the page of the command line has $name', ({ name, options }) => {
  expect(PAGE).toMatch(new RegExp(`(^## ${name}$|\`${name}\\b)`, 'm'))
  const elsewhere = ELSEWHERE[name]
  const pages = elsewhere === undefined ? PAGE : PAGE + readProjectFile(elsewhere)
  const flags = options.map(({ long }) => long ?? '')
  expect(flags.filter((flag) => !new RegExp(`${flag}(?![\\w-])`).test(pages))).toEqual([])
})

/** They ask nothing but the outputs of the stack, or not even these. */
const NO_RIGHTS = ['version', 'context add']

it('the page of the host on AWS has the rights of each command', () => {
  const [, table = ''] = /^## Rights$([\s\S]*?)^## /m.exec(readProjectFile('docs/aws.md')) ?? []
  const rows = table.split('\n').map((line) => line.split(' | ')[0] ?? '')
  const named = new Set(rows.flatMap((row) => row.match(/(?<=`)[^`]+(?=`)/g) ?? []))
  const ofStacks = commands.filter(({ options }) => options.some(({ long }) => long === '--stack'))
  const missing = ofStacks
    .map(({ name }) => name)
    .filter((name) => !named.has(name) && !named.has(name.split(' ')[0] ?? ''))
  expect(ofStacks.length).toBeGreaterThan(20)
  expect(missing.toSorted()).toEqual(NO_RIGHTS.toSorted())
})

it('has each option of serve in its table, and no other', () => {
  const [, table = ''] = /^## serve$([\s\S]*?)^## /m.exec(PAGE) ?? []
  const rows = [...table.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, flag]) => flag)
  const serve = commands.find(({ name }) => name === 'serve')
  expect(rows.toSorted()).toEqual(serve?.options.map(({ long }) => long).toSorted())
})
