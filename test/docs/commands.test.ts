import { globSync } from 'node:fs'
import { expect, it } from 'vitest'
import { commandTree } from '../../cli/completion/command-tree.ts'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'

/** What people read: pages, comments of what is installed, and what the program itself says. */
const PAGES = globSync(
  [
    ...['*.md', 'docs/*.md', 'docs/providers/**/*.md'],
    ...['deploy/**/*.{md,yaml,tf}', 'examples/**/*.yaml'],
    '{cli,client,relay,hosts,console,functions,adapters,lib}/**/*.ts',
  ],
  { cwd: projectPath('.') },
)

/** A command as a page shows it: of the program itself, by npm, or by the function of docs/aws.md. */
const COMMAND =
  /(?:\bflux-relay(?: --)?|(?<=^\s*)relay) ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)((?:[^\n`|>]|\|(?=yaml|json|wide|github|error))*)/gm

const tree = await commandTree()

interface Shown {
  readonly page: string
  readonly text: string
  readonly command: string
  readonly flags: readonly string[]
}

/** The commands of a page, with those that go on behind a backslash in one line. */
function commandsOf(page: string): readonly Shown[] {
  const text = readProjectFile(page).replaceAll(/\\\n\s*/g, ' ')
  return [...text.matchAll(COMMAND)].flatMap(([whole, words = '', rest = '']) => {
    const names = words.split(' ')
    const node =
      tree.find(({ path }) => path === words) ?? tree.find(({ path }) => path === names[0])
    if (node === undefined) return []
    const flags = rest.replaceAll(/(["']).*?\1/g, ' ').match(/(?<=[ [(])--?[a-zA-Z][a-z-]*/g) ?? []
    return [{ page, text: whole, command: node.path, flags }]
  })
}

const shown = PAGES.flatMap(commandsOf)

it('finds the commands of the pages', () => {
  expect(shown.length).toBeGreaterThan(150)
  expect(new Set(shown.map(({ command }) => command)).size).toBeGreaterThan(25)
})

it('shows no option that the command has not', () => {
  const wrong = shown.flatMap(({ page, text, command, flags }) => {
    const known = tree.filter(({ path }) => path === command || path.startsWith(`${command} `))
    const own = new Set(known.flatMap(({ options }) => options.flatMap((option) => option.flags)))
    return flags.filter((flag) => !own.has(flag)).map((flag) => `${page}: ${flag} in ${text}`)
  })
  expect(wrong).toEqual([])
})
