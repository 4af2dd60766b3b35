import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import { loadTokens } from '../../hosts/embedded/tokens.ts'
import { startRelay } from '../support/embedded-server.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { hasKubectl, kubectl } from '../support/kustomize.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** The commands of the page, a block each, without the indentation of its list. */
const blocks = [
  ...readProjectFile('docs/cluster.md').matchAll(/^( *)```sh\n([\s\S]*?)^\1```$/gm),
].map(([, indent = '', text = '']) => text.replace(new RegExp(`^${indent}`, 'gm'), ''))

/** Those that begin so, with their options. */
function commandsOf(program: RegExp): readonly string[] {
  const lines = blocks.flatMap((text) => text.replace(/ \\\n\s*/g, ' ').split('\n'))
  return lines.flatMap((line) => program.exec(line)?.[1]?.trim() ?? [])
}

const relayCommands = commandsOf(/npm run --silent flux-relay -- ([^>)]*)/)

/** The one command of the page that begins so, with what this test has in the place of the page's. */
function commandOf(start: string, page: string, here: string): readonly string[] {
  const [command, ...others] = relayCommands.filter((line) => line.startsWith(start))
  if (command === undefined || others.length > 0) throw new Error(`not one command: ${start}`)
  return command.replace(page, here).split(' ')
}

it('the commands for the relay do what the page says', async () => {
  const file = join(temporaryDirectory(), 'tokens.yaml')
  const { stdout: printed } = await fluxRelay(commandOf('cluster create', 'tokens.yaml', file))
  const tokens = await loadTokens(file)
  const { server, ports } = await startRelay({ tokens })
  const url = `http://127.0.0.1:${server.port}`
  const ran: string[] = []
  for (const [start, token] of [
    ['secret put', printed.trim()],
    ['send', printed.trim()],
    ['get deliveries', tokens.operators[0]?.tokens[0]],
  ] as const) {
    const command = commandOf(start, 'https://relay.example.com', url)
    // Nothing is dispatched here, so there is no delivery yet.
    const stderr = start === 'get deliveries' ? 'No deliveries found.\n' : ''
    expect(await fluxRelay(command, { token }), start).toMatchObject({ code: 0, stderr })
    ran.push(start)
  }
  expect(relayCommands).toHaveLength(1 + ran.length)
  expect(await ports.secrets.read('prod', 'flux-system', 'slack-url')).toMatchObject({
    data: { address: expect.stringMatching(/^https:\/\/hooks\.slack\.com\//) },
  })
  expect(ports.queue.events.map(({ cluster }) => cluster)).toEqual(['prod'])
})

it('the folders and files that it names are there', () => {
  const named = blocks.join('\n').match(/\b(?:deploy|examples)\/[\w./-]+/g) ?? []
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((path) => !existsSync(projectPath(path)))).toEqual([])
})

it.skipIf(!hasKubectl)('the kustomization is one that kubectl builds', async () => {
  const [, text = ''] = /<<EOF\n([\s\S]*?)^EOF$/m.exec(blocks.join('')) ?? []
  const folder = temporaryDirectory()
  symlinkSync(projectPath('deploy'), join(folder, 'deploy'))
  writeFileSync(join(folder, 'kustomization.yaml'), text)
  const built = await kubectl('kustomize', folder)
  expect(built).toContain('RELAY_URL: https://relay.example.com\n')
  expect(built).toContain('CLUSTER: prod\n')
  expect(built).toContain('image: registry.example/flux-relay-shipper:0.1.0\n')
  expect(built).toContain('--watch-events=')
})

it('the page about installing the relay for good names what is there', () => {
  const page = readProjectFile('docs/install.md')
  const paths = [...page.matchAll(/\bdeploy\/(?!config\b)[\w./-]*\w/g)].map(([path]) => path)
  expect(paths.length).toBeGreaterThan(5)
  expect(paths.filter((path) => !existsSync(projectPath(path)))).toEqual([])
  const chart = parse(readProjectFile('deploy/charts/flux-relay/values.yaml')) as object
  const named = [...page.matchAll(/`(\w+)(?:\.\w+)+`/g)].map(([, name = '']) => name)
  const values = named.filter((name) => !['flux'].includes(name))
  expect(values.length).toBeGreaterThan(4)
  expect(values.filter((name) => !(name in chart))).toEqual([])
})
