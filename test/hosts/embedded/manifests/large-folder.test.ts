import { truncateSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createFolderLoader } from '../../../../hosts/embedded/configurations/folder-loader.ts'
import { createConfigThread } from '../../../../hosts/embedded/configurations/thread.ts'
import { scanManifests } from '../../../../hosts/embedded/manifests/scan.ts'
import { createManifestsConfig } from '../../../../hosts/embedded/manifests-config.ts'
import { putInForce } from '../../../../hosts/embedded/manifests-in-force.ts'
import type { ConfigText } from '../../../../relay/model/stored/config-snapshot.ts'
import { longestTurnDuring } from '../../../support/longest-turn.ts'
import { alertYaml, secretYaml, writeFiles } from '../../../support/manifest-files.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { memoryPorts } from '../../../support/memory-ports.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

/** A folder as the relay loads it. `idleMs` 0: each load is a thread's first. */
function start(idleMs?: number) {
  const [path, clock] = [temporaryDirectory(), new ManualClock()]
  const builtInSecrets = new Map([['echo', { address: 'https://echo.test' }]])
  const shared = { cluster: 'local', builtInSecrets, clock }
  const never = () => Promise.reject(new Error('another cluster'))
  const kept: ConfigText[] = []
  const keepText = async (config: ConfigText) => void kept.push(config)
  const texts = { readText: never, replaceText: never, keepText }
  const configs = { read: never, readRevision: never, replace: never, ...texts }
  const others = { configs, secrets: memoryPorts().secrets }
  const pause = () => new Promise<void>(setImmediate)
  const config = createManifestsConfig({ ...shared, others, pause })
  const answers = { secret: never, configText: never, replaceText: never }
  const thread = createConfigThread({ answers, ...(idleMs !== undefined && { idleMs }) })
  onTestFinished(() => thread.close())
  const failures: unknown[] = []
  const loader = createFolderLoader({
    ...{ ...shared, thread },
    onFailure: (error) => failures.push(error),
  })
  const lines: string[] = []
  const say = (entry: object, message: string) =>
    void lines.push(`${message} ${JSON.stringify(entry)}`)
  const log = { warn: say, info: say } as never
  return {
    ...{ path, lines, loader, failures, thread, kept },
    write: (files: Readonly<Record<string, string>>) => writeFiles(path, files),
    /** Gives the way of loading, and the severity of each Alert that is in force. */
    async load() {
      const load = await loader.load(await scanManifests(path))
      await putInForce(config, load, log)
      const snapshot = await config.configs.read('local')
      if (typeof snapshot !== 'object') throw new Error('nothing is in force')
      const severities = snapshot.manifests
        .filter(({ kind }) => kind === 'Alert')
        .map(({ metadata, spec }) => {
          const [{ name }, { eventSeverity }] = [metadata, spec] as [
            { name: string },
            { eventSeverity: string },
          ]
          return [name, eventSeverity]
        })
      return {
        kind: load.kind,
        severities: Object.fromEntries(severities) as Record<string, string>,
        ready: snapshot.objects.filter(({ ready }) => ready).map(({ name }) => name),
        secret: (await config.secrets.read('local', 'flux-system', 's'))?.data,
      }
    },
  }
}

const PROVIDER = `apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: {name: slack, namespace: flux-system}
spec: {type: generic, secretRef: {name: echo}}
`
const SECRET = secretYaml('s', 'stringData: {k: v}')

/** Of some hundred kB. */
function alertsYaml(count: number, prefix: string): string {
  return Array.from({ length: count }, (_, index) => alertYaml(`${prefix}-${index}`)).join('---\n')
}

it('a folder that grows large is judged in the thread, with what was in force before', async () => {
  const { write, load, lines, failures, kept } = start()
  write({
    'a.yaml': alertYaml('a'),
    'b.yaml': alertYaml('b'),
    'p.yaml': PROVIDER,
    's.yaml': SECRET,
  })
  const before = await load()
  expect(before).toMatchObject({ kind: 'loaded', severities: { a: 'info', b: 'info' } })

  write({ 'a.yaml': alertYaml('a', 'loud'), 'b.yaml': alertYaml('b', 'error') })
  write({ 'many.yaml': alertsYaml(500, 'many') })
  let grown = before
  const longest = await longestTurnDuring(async () => {
    grown = await load()
  })
  expect(longest).toBeLessThan(50)
  expect(grown).toMatchObject({
    kind: 'judged',
    severities: { a: 'info', b: 'error', 'many-499': 'info' },
    secret: { k: 'v' },
  })
  expect(Object.keys(grown.severities)).toHaveLength(502)
  expect(grown.ready).toHaveLength(503)
  const staying = lines.filter((line) => line.includes('stays in force'))
  expect(staying).toEqual([expect.stringContaining('a.yaml')])
  expect(lines.at(-1)).toBe('manifests loaded {"files":5,"objects":503}')
  expect(failures).toEqual([])
  // Each of them, for records that name it.
  expect(kept.map(({ cluster }) => cluster)).toEqual(['local', 'local'])
  expect(new Set(kept.map(({ revision }) => revision)).size).toBe(2)
})

it('a thread that takes on the work of another keeps the versions in force', async () => {
  const { path, write, load } = start(0)
  const large = secretYaml('large', `stringData: {k: ${'x'.repeat(70_000)}}`)
  write({ 'large.yaml': large, 'a.yaml': alertYaml('a'), 'p.yaml': PROVIDER })
  expect(await load()).toMatchObject({ kind: 'judged', severities: { a: 'info' } })
  write({ 'a.yaml': alertYaml('a', 'loud') })
  expect(await load()).toMatchObject({ severities: { a: 'info' } })
  // What was large once stays with the thread.
  unlinkSync(join(path, 'large.yaml'))
  expect(await load()).toMatchObject({ kind: 'judged', severities: { a: 'info' } })
  write({ 'a.yaml': alertYaml('a', 'error') })
  expect(await load()).toMatchObject({ severities: { a: 'error' } })
})

it('a large folder is judged once while a file of it cannot be read', async () => {
  const { path, write, loader, failures } = start()
  write({ 'many.yaml': alertsYaml(500, 'many'), 'p.yaml': PROVIDER })
  const files = await scanManifests(path)
  // Read as a file, a folder fails each time.
  const folder = { file: 'x.yaml', path, size: 1, modifiedAt: 1, signature: 'x' }
  const first = await loader.load([...files, folder])
  expect(first).toMatchObject({ kind: 'judged', judged: { problems: [{ file: 'x.yaml' }] } })
  expect(await loader.load([...files, folder])).toBe(first)
  // The times of the files tell of the next change only when they are some seconds old.
  expect(first).toMatchObject({ judged: { isUncertain: true } })
  expect(await loader.load([...files, { ...folder, path: `${path}/p.yaml` }])).not.toBe(first)
  expect(failures).toEqual([])
})

it('a file that is too large is not looked into again before it changes', async () => {
  const { path, write, load, loader, thread } = start()
  write({ 'many.yaml': alertsYaml(500, 'many'), 'p.yaml': PROVIDER, 'crds.yaml': '' })
  truncateSync(join(path, 'crds.yaml'), 5 * 1024 * 1024)
  await load()
  const old = (await scanManifests(path)).map((entry) =>
    'size' in entry ? { ...entry, modifiedAt: 1, signature: `old ${entry.file}` } : entry,
  )
  const first = await loader.load(old)
  await thread.close()
  expect(await loader.load(old)).toBe(first)
})
