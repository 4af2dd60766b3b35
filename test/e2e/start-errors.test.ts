import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { type CommandResult, fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { oldNode } from '../support/old-node.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type Ending, ROOT, runCli, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const EVENT = kustomizationEvent('podinfo', '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d')
const TOKEN = 's3cret-t0ken with a space'

it('leaves a running relay and its data alone when a second one is started', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const spec = { type: 'generic', address: `${sink.url}/hook` }
  const data = temporaryDirectory()
  const manifests = manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': providerYaml('slack', spec),
  })
  const relay = await startRelay({ manifests, data })
  // The first one goes on writing for a while after it is ready, and so may do that in between.
  await eventually(async () => {
    const before = filesOf(data)
    const second = await runCli('serve', '--manifests', manifests, '--data', data, '--port', '0')
    expectRefusal(second, 1, /flux-relay\.db: another process is using it/)
    expect(filesOf(data)).toEqual(before)
  })

  expect((await relay.post(EVENT)).status).toBe(202)
  await relay.logged({ msg: 'delivered' })
  expect(await relay.end('SIGTERM')).toMatchObject({ code: 0 })
})

it('does not touch a data file that is no database', async () => {
  const data = temporaryDirectory()
  writeFileSync(join(data, 'flux-relay.db'), randomBytes(5_000))
  const before = filesOf(data)
  const ending = await serve({ data })
  expectRefusal(ending, 1, /flux-relay\.db: this is not a database/)
  expect(filesOf(data)).toEqual(before)
})

it('says which port is in use', async () => {
  const { port } = await startSink({})
  const ending = await serveHere(['--port', String(port)])
  const said = `cannot listen on 127.0.0.1:${port}: another process listens there`
  expectRefusal(
    ending,
    1,
    new RegExp(`${said} \\(EADDRINUSE\\)\\. .* another port by --port\\.$`, 'm'),
  )
})

it('says that the data folder is a file, or cannot be made', async () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  const taken = await serveHere(['--data', file])
  expectRefusal(
    taken,
    1,
    /^flux-relay: data folder \S+: there is a file of this name \(EEXIST\)\. Name its folder, or another one, by --data\.$/m,
  )
  const below = await serveHere(['--data', join(file, 'data')])
  expectRefusal(below, 1, /^flux-relay: data folder \S+: it cannot be made \(ENOTDIR\)\. .*--data/)
})

it('says how a tokens file that is not there is made', async () => {
  const ending = await serveHere(['--tokens', join(temporaryDirectory(), 'none.yaml')])
  expectRefusal(ending, 1, /none\.yaml: ENOENT.*; flux-relay cluster create NAME --tokens FILE/)
})

it('says that the manifests are not there', async () => {
  const missing = join(temporaryDirectory(), 'none')
  expectRefusal(await serveHere([], missing), 1, /none does not exist/)
})

it('names file and field of a bad tokens file, and shows no token', async () => {
  const tokens = join(temporaryDirectory(), 'tokens.yaml')
  writeFileSync(tokens, `operators: [abc]\nclusters:\n  prod:\n    - "${TOKEN}"\n`)
  const ending = await serveHere(['--tokens', tokens])
  expectRefusal(ending, 1, /tokens\.yaml: clusters\.prod\[0\]: /)
  expect(ending.stderr).not.toContain('s3cret')
})

it('wants tokens before it listens beyond this machine', async () => {
  expectRefusal(await serveHere(['--host', '0.0.0.0']), 1, /--host 0\.0\.0\.0: .*--tokens/)
})

it('tells wrong usage by exit code 2', async () => {
  const wrong = [
    [['--bogus'], /unknown option '--bogus'/],
    [['--port', '70000'], /'--port <number>' argument '70000' is invalid/],
    [
      ['--public-url', 'relay.example.com'],
      /argument 'relay.example.com' is invalid.*expected an http/,
    ],
    [['--rate-limit-interval', '300'], /argument '300' is invalid.*such as 5m, at most 24h, or 0/],
    [['--cluster', 'Not_A_Label'], /'--cluster <name>' argument 'Not_A_Label' is invalid/],
  ] as const
  const [first, ...others] = wrong
  expectRefusal(await serve({}, ...first[0]), 2, first[1])
  for (const [flags, message] of others) {
    expectRefusal(await serveHere(flags), 2, message)
  }
})

it('helps, and tells its version', async () => {
  const [help, version] = [await fluxRelay(['serve', '--help']), await runCli('--version')]
  const stdout = expect.stringContaining('--manifests <dir>')
  expect(help).toMatchObject({ code: 0, stdout, stderr: '' })
  expect(version).toMatchObject({ code: 0, stdout: `${manifest.version}\n`, stderr: '' })
})

it('tells an old Node so', ({ skip }) => {
  const old = oldNode()
  if (old === undefined) return skip('there is no Node 20 to 23 on the PATH of this machine')
  const ended = spawnSync(
    old,
    ['--import', './bin/require-node-24.mjs', 'bin/flux-relay.ts', '--version'],
    { cwd: ROOT, encoding: 'utf8', timeout: 30_000 },
  )
  expect(ended).toMatchObject({ status: 1, stdout: '' })
  expect(ended.stderr).toMatch(/^flux-relay needs Node\.js 24 or later, and this is 2\d\./)
  expect(ended.stderr).not.toContain('    at ')
})

/** Files by name. */
function filesOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).toSorted()
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  )
}

/** Starts a relay that cannot start; what is not given is all right. */
function serve(
  folders: { readonly manifests?: string; readonly data?: string },
  ...flags: readonly string[]
): Promise<Ending> {
  const { manifests = manifestsFolder({}), data = temporaryDirectory() } = folders
  return runCli('serve', '--manifests', manifests, '--data', data, '--port', '0', ...flags)
}

/** The same in this process, which it leaves as it was. */
function serveHere(flags: readonly string[], manifests = manifestsFolder({})) {
  const folders = ['--manifests', manifests, '--data', temporaryDirectory()]
  return fluxRelay(['serve', ...folders, '--port', '0', ...flags])
}

/** One line for a person, and nothing of the program's inside. */
function expectRefusal(ending: CommandResult | Ending, code: number, message: RegExp): void {
  expect(ending.stderr).toMatch(message)
  const [, ...more] = ending.stderr.trimEnd().split('\n')
  expect(more).toEqual([])
  expect(ending).toMatchObject({ code, stdout: '' })
  if ('signal' in ending) expect(ending.signal).toBeNull()
}
