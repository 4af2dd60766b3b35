import type { ProviderFamily } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import { readAbout } from './about.ts'
import { errorsTable } from './errors-table.ts'
import { type ExampleFile, loadExample } from './example.ts'
import { codeBlock, markdownTable } from './markdown.ts'
import { settingsTable } from './settings-table.ts'
import { whatArrives } from './what-arrives.ts'

const FAMILIES: ReadonlyArray<readonly [ProviderFamily, string]> = [
  ['chat', 'Chat'],
  ['incident', 'Incidents and alerts'],
  ['stream', 'Webhooks, streams and monitoring'],
  ['commit-status', 'Commit statuses'],
  ['deployment', 'Deployments of commits'],
  ['change-request', 'Comments on pull and merge requests'],
]

const GENERATED = '<!-- Made by `npm run docs`; change docs/providers/about and examples. -->'

/** The file of a type's page, from the project's folder. */
export function pageFile(type: string): string {
  return `docs/providers/${type}.md`
}

/** The file of the page about all types. */
export const OVERVIEW_FILE = pageFile('README')

/** The page of a type. Rejects when its example cannot be delivered. */
export async function providerPage(type: string): Promise<string> {
  const about = readAbout(type)
  const example = await loadExample(type)
  const errors = about.errors.length === 0 ? [] : [await errorsTable(example, about.errors)]
  return page([
    `# ${type}`,
    about.text,
    '## Settings',
    settingsTable(example),
    'What every Provider has beside these is [said once](README.md#what-every-provider-has).',
    '## Example',
    `This is ${linkTo(example.objects)}.`,
    codeBlock('yaml', shortened(example.objects.text)),
    ...secretsOf(example.secretsFile),
    '## What arrives',
    await whatArrives(example),
    '## What errors mean',
    ...errors,
    'Other answers mean [what they mean for every type](README.md#what-errors-mean).',
  ])
}

/** The page about all types. */
export async function overviewPage(): Promise<string> {
  const about = readAbout('overview')
  return page([
    '# Provider types',
    about.text,
    ...FAMILIES.flatMap(([family, title]) => [`## ${title}`, familyTable(family)]),
    '## What errors mean',
    await errorsTable(await loadExample('generic'), about.errors),
  ])
}

/** Apart from what is applied to a cluster, which has Secrets already. */
function secretsOf(file: ExampleFile | undefined): readonly string[] {
  if (file === undefined) return []
  return [
    `And what it names, ${linkTo(file)}, for a manifests folder. [Elsewhere](README.md#its-secret) the Secret is made by a command.`,
    codeBlock('yaml', shortened(file.text)),
  ]
}

function linkTo({ file }: ExampleFile): string {
  return `[${file}](../../${file})`
}

/** Without the middle of what nobody reads, such as a private key. */
function shortened(manifests: string): string {
  return manifests.replaceAll(/([A-Za-z0-9+/]{16})[A-Za-z0-9+/=\\]{200,}/g, '$1…')
}

function familyTable(family: ProviderFamily): string {
  const types = [...providerTypes.values()].filter((type) => type.family === family)
  const names = types.map(({ type }) => type).sort()
  const rows = names.map((name) => [`[\`${name}\`](${name}.md)`, readAbout(name).summary])
  return markdownTable(['Type', 'What it makes'], rows)
}

function page(parts: readonly string[]): string {
  return `${[GENERATED, ...parts].join('\n\n')}\n`
}
