import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDocuments } from '../../../../hosts/embedded/manifests/documents.ts'
import { manifestErrorText } from '../../../../hosts/embedded/manifests/manifest-error.ts'
import { MAX_FILE_BYTES } from '../../../../hosts/embedded/manifests/read-file.ts'
import { isManifestFile, scanManifests } from '../../../../hosts/embedded/manifests/scan.ts'
import {
  alertYaml,
  loadFiles,
  namesOf,
  openManifests,
  problemTexts,
  secretYaml,
  writeFiles,
} from '../../../support/manifest-files.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

const PROVIDER = {
  apiVersion: 'notification.toolkit.fluxcd.io/v1beta2',
  kind: 'Provider',
  metadata: { name: 'slack', namespace: 'flux-system' },
  spec: { type: 'slack', secretRef: { name: 'slack-url' } },
}

describe('what is loaded', () => {
  it('the examples of the Flux guide, whole', async () => {
    const loaded = await openManifests('examples/guide').load()
    expect(problemTexts(loaded)).toEqual([])
    expect(namesOf(loaded)).toEqual([
      'Provider/flux-system',
      'Alert/podinfo',
      'Provider/slack',
      'Alert/on-call-webapp',
    ])
    expect(loaded.fileCount).toBe(2)
    expect([...loaded.secrets]).toEqual([])
    const { secrets } = await openManifests('examples/secrets/guide').load()
    expect(Object.fromEntries(secrets)).toEqual({
      'flux-system/github': { token: 'ghp_example' },
      'flux-system/slack-url': { address: 'https://hooks.slack.com/services/YOUR/SLACK/WEBHOOK' },
    })
  })

  it('YAML, JSON and subfolders in path order; other files and dot names are not looked at', async () => {
    const loaded = await loadFiles({
      'b.yml': alertYaml('b'),
      'a/z.yaml': alertYaml('az'),
      'c.JSON': JSON.stringify(PROVIDER, null, '\t'),
      'README.md': ': not [ yaml',
      '.hidden.yaml': alertYaml('hidden'),
      '..data/b.yml': alertYaml('b'),
    })
    expect(problemTexts(loaded)).toEqual([])
    expect(namesOf(loaded)).toEqual(['Alert/az', 'Alert/b', 'Provider/slack'])
    expect(loaded.manifests[2]).toEqual(PROVIDER)
    expect(loaded.fileCount).toBe(3)
  })

  it('a ConfigMap mount, each file once', async () => {
    const path = temporaryDirectory()
    writeFiles(path, { '..2026_11_20/slack.yaml': alertYaml('on-call') })
    symlinkSync('..2026_11_20', join(path, '..data'))
    symlinkSync('..data/slack.yaml', join(path, 'slack.yaml'))
    const loaded = await openManifests(path).load()
    expect(problemTexts(loaded)).toEqual([])
    expect(namesOf(loaded)).toEqual(['Alert/on-call'])
  })

  it('linked folders, but none that leads back up', async () => {
    const path = temporaryDirectory()
    const elsewhere = temporaryDirectory()
    writeFiles(elsewhere, { 'x.yaml': alertYaml('x') })
    symlinkSync(elsewhere, join(path, 'linked'))
    symlinkSync(path, join(path, 'up'))
    const loaded = await openManifests(path).load()
    expect(problemTexts(loaded)).toEqual([])
    expect(namesOf(loaded)).toEqual(['Alert/x'])
  })

  it('a single file, whatever its name', async () => {
    const path = join(temporaryDirectory(), 'manifests.txt')
    writeFileSync(path, alertYaml('x', 'loud'))
    const loaded = await openManifests(path).load()
    expect(problemTexts(loaded)).toEqual([expect.stringMatching(/^manifests\.txt:9: /)])
  })

  it('an empty folder', async () => {
    const loaded = await openManifests(temporaryDirectory()).load()
    expect(loaded).toMatchObject({ manifests: [], problems: [], notTaken: [], fileCount: 0 })
  })

  it('a folder that is not there: rejects, and says what to do', async () => {
    const path = join(temporaryDirectory(), 'none')
    await expect(openManifests(path).load()).rejects.toThrow(
      `manifests: ${path} does not exist (ENOENT). Name a folder or file of manifests that is there`,
    )
  })

  it('the items of a List, nested too', async () => {
    const list = (...items: unknown[]) => ({ apiVersion: 'v1', kind: 'List', items })
    const loaded = await loadFiles({
      'list.json': JSON.stringify(
        list(PROVIDER, list({ kind: 'ConfigMap' }), { ...PROVIDER, metadata: { name: 'b' } }),
      ),
    })
    expect(problemTexts(loaded)).toEqual([])
    expect(namesOf(loaded)).toEqual(['Provider/slack', 'Provider/b'])
  })

  it('documents: empty ones, BOM, CRLF, comments, merge keys and aliases', async () => {
    const text = `---\n# only a comment\n---\n---\n${alertYaml('x')}  eventMetadata: &m {a: b}\n  labels: {<<: *m}\n---\n...\n`
    const loaded = await loadFiles({ 'x.yaml': `\uFEFF${text.replaceAll('\n', '\r\n')}` })
    expect(problemTexts(loaded)).toEqual([])
    expect(loaded.manifests).toMatchObject([{ spec: { labels: { a: 'b' } } }])
  })

  it('values of a megabyte', async () => {
    const summary = 'x'.repeat(1_000_000)
    const loaded = await loadFiles({
      'x.yaml': `${alertYaml('x')}  eventMetadata:\n    text: ${summary}\n`,
    })
    expect(loaded.manifests).toMatchObject([{ spec: { eventMetadata: { text: summary } } }])
  })

  it('Secrets: plain text wins over base64', async () => {
    const loaded = await loadFiles({
      's.yaml': secretYaml('s', 'data: {a: YQ==, b: Yg==}\nstringData: {b: plain}'),
    })
    expect(loaded.secrets.get('flux-system/s')).toEqual({ a: 'a', b: 'plain' })
  })

  it.each([
    ['other kinds', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: podinfo}'],
    ['Receivers of another group', 'apiVersion: example.com/v1\nkind: Receiver\nspec: 5'],
    ['Alerts of another group', 'apiVersion: grafana.com/v1\nkind: Alert\nspec: 5'],
    ['Providers of another group', 'apiVersion: pkg.crossplane.io/v1\nkind: Provider\nspec: 5'],
    ['Silences of another group', 'apiVersion: flux.example.com/v1\nkind: Silence\nspec: 5'],
    ['Secrets of another group', 'apiVersion: example.com/v1\nkind: Secret\ndata: 5'],
  ])('%s are ignored', async (_, text) => {
    const loaded = await loadFiles({ 'x.yaml': text, 'kustomization.yaml': 'resources: [x.yaml]' })
    expect(loaded).toMatchObject({ manifests: [], problems: [], notTaken: [] })
  })

  it.each(['v1', 'v1beta2', 'v1beta1', 'v9'])('Receivers of %s are named', async (version) => {
    const receiver = `apiVersion: notification.toolkit.fluxcd.io/${version}\nkind: Receiver`
    const loaded = await loadFiles({
      'all.yaml': `${receiver}\nmetadata: {namespace: apps, name: github}\nspec: 5\n---\n${alertYaml('x')}`,
      'list.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          {
            apiVersion: `notification.toolkit.fluxcd.io/${version}`,
            kind: 'Receiver',
            metadata: { name: 'gitlab' },
            sops: { mac: 'x' },
          },
        ],
      }),
    })
    expect(loaded).toMatchObject({ problems: [], manifests: [{ kind: 'Alert' }] })
    expect(loaded.notTaken.map(manifestErrorText)).toEqual([
      expect.stringMatching(/^all\.yaml:1: Receiver\/apps\/github: is not used: the relay sends/),
      expect.stringMatching(/^list\.json:1: Receiver\/default\/gitlab: is not used: /),
    ])
  })

  it('any bytes: load never rejects', async () => {
    const path = temporaryDirectory()
    const folder = openManifests(path)
    const fragment = fc.constantFrom(
      '---\n',
      alertYaml('x'),
      'kind: ',
      '&a ',
      '*a',
      '[',
      '{',
      '"',
      '- ',
      '\n',
      '\t',
      '<<: ',
      '? ',
      ': ',
      '!!binary ',
      '%YAML 1.1\n',
      '...\n',
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.oneof(fragment, fc.string()), { maxLength: 30 })
        .map((parts) => Buffer.from(parts.join(''))),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        writeFileSync(join(path, 'x.yaml'), content)
        const { manifests } = await folder.load()
        JSON.stringify(manifests)
      }),
    )
  })
})

describe('what cannot be read is a problem, and the others load', () => {
  const good = { 'a.yaml': alertYaml('good') }

  it.each<[string, (path: string) => void, string]>([
    [
      'a folder with a file’s name',
      (path) => mkdirSync(path),
      'is not a regular file, although its name is that of a manifest',
    ],
    ['a link to nothing', (path) => symlinkSync('/nowhere', path), 'does not exist (ENOENT)'],
    [
      'a link to itself',
      (path) => symlinkSync('x.yaml', path),
      'is a link that leads to itself (ELOOP)',
    ],
    [
      'a device',
      (path) => symlinkSync('/dev/zero', path),
      'is not a regular file, although its name is that of a manifest',
    ],
    [
      'text that is not UTF-8',
      (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x61])),
      'is not UTF-8 text',
    ],
    [
      'a huge file',
      (path) => writeFileSync(path, ' '.repeat(MAX_FILE_BYTES + 1)),
      'is larger than 4 MiB',
    ],
  ])('%s', async (_, make, message) => {
    const path = temporaryDirectory()
    writeFiles(path, good)
    make(join(path, 'x.yaml'))
    const loaded = await openManifests(path).load()
    expect(namesOf(loaded)).toEqual(['Alert/good'])
    expect(problemTexts(loaded)).toEqual([`x.yaml: ${message}`])
  })

  it('folders in folders without end', async () => {
    const deep = `${'d/'.repeat(20)}x.yaml`
    const loaded = await loadFiles({ ...good, [deep]: alertYaml('deep') })
    expect(namesOf(loaded)).toEqual(['Alert/good'])
    expect(problemTexts(loaded)).toEqual([expect.stringMatching(/lies deeper than 16 folders/)])
  })

  it('too many files', async () => {
    const path = temporaryDirectory()
    writeFiles(path, { 'a/a.yaml': '', 'b.yaml': '', 'c.yaml': '', 'x.txt': '' })
    expect(await scanManifests(path, 4)).toHaveLength(3)
    const entries = await scanManifests(path, 3)
    expect(entries.filter(isManifestFile).map(({ file }) => file)).toEqual(['a/a.yaml', 'b.yaml'])
    expect(entries[0]).toEqual({
      file: '.',
      problem: `${path} holds more than 3 manifest files and folders; the rest is not read`,
    })
  })
})

it('a file is parsed document by document, so that a large one does not need the room of all', () => {
  const asked: string[] = []
  const text = ['a', 'b', 'c'].map((name) => alertYaml(name)).join('---\n')
  const documents = parseDocuments(text, (_, kind) => asked.push(kind) === 0)
  expect(asked).toEqual([])
  documents.next()
  expect(asked).toEqual(['Alert'])
  expect([...documents]).toMatchObject([
    { value: { metadata: { name: 'b' } } },
    { value: { metadata: { name: 'c' } } },
  ])
})
