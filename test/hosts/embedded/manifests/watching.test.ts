import { renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createManifestsFolder } from '../../../../hosts/embedded/manifests/folder.ts'
import {
  type LoadedManifests,
  ManifestLoader,
} from '../../../../hosts/embedded/manifests/loader.ts'
import { scanManifests } from '../../../../hosts/embedded/manifests/scan.ts'
import {
  alertYaml,
  namesOf,
  openManifests,
  problemTexts,
  secretYaml,
  writeFiles,
} from '../../../support/manifest-files.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'
import { waitFor } from '../../../support/wait-for.ts'

const IN_FORCE = /; the version loaded at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ stays in force$/

/** A folder that was loaded once. */
async function loadedFolder(files: Readonly<Record<string, string>>) {
  const path = temporaryDirectory()
  writeFiles(path, files)
  const folder = openManifests(path)
  await folder.load()
  const reload = async (changed: Readonly<Record<string, string>> = {}) => {
    writeFiles(path, changed)
    return folder.load()
  }
  return { path, reload }
}

describe('the version before stays in force', () => {
  it('of an object that is invalid now; the others of its file change', async () => {
    const { reload } = await loadedFolder({ 'x.yaml': `${alertYaml('a')}---\n${alertYaml('b')}` })
    const loaded = await reload({
      'x.yaml': `${alertYaml('a', 'loud')}---\n${alertYaml('b', 'error')}---\n${alertYaml('c')}`,
    })
    expect(loaded.manifests).toMatchObject([
      { metadata: { name: 'a' }, spec: { eventSeverity: 'info' } },
      { metadata: { name: 'b' }, spec: { eventSeverity: 'error' } },
      { metadata: { name: 'c' } },
    ])
    expect(problemTexts(loaded)).toEqual([expect.stringMatching(IN_FORCE)])
    expect(await reload({ 'x.yaml': alertYaml('a', 'error') })).toMatchObject({
      manifests: [{ spec: { eventSeverity: 'error' } }],
      problems: [],
    })
  })

  it('of every object that a broken document may hold', async () => {
    const secret = secretYaml('s', 'stringData: {k: v}')
    const { reload } = await loadedFolder({
      'x.yaml': [alertYaml('a'), alertYaml('b'), secret].join('---\n'),
      'y.yaml': alertYaml('z'),
    })
    const loaded = await reload({
      'x.yaml': `${alertYaml('a', 'error')}---\n{ broken\n`,
      'y.yaml': '',
    })
    expect(namesOf(loaded)).toEqual(['Alert/a', 'Alert/b'])
    expect(loaded.secrets.get('flux-system/s')).toEqual({ k: 'v' })
    expect(problemTexts(loaded)).toEqual([
      expect.stringMatching(
        /^x\.yaml:\d+: does not parse: .*; Alert\/flux-system\/b \(loaded at \S+Z\), Secret\/flux-system\/s \(loaded at \S+Z\) stay in force$/,
      ),
    ])
  })

  it('names the object of a broken document, when it can be read', async () => {
    const { reload } = await loadedFolder({ 'x.yaml': alertYaml('a') })
    const loaded = await reload({ 'x.yaml': `${alertYaml('a')}  suspend: [` })
    expect(namesOf(loaded)).toEqual(['Alert/a'])
    expect(problemTexts(loaded)).toEqual([
      expect.stringMatching(/^x\.yaml:\d+: Alert\/flux-system\/a: does not parse: /),
    ])
    expect(problemTexts(loaded)).toEqual([expect.stringMatching(IN_FORCE)])
  })

  it.each([
    ['kind: Alert', 'kind: Alerd'],
    ['  name: a', '  nam: a'],
    ['  namespace: flux-system', '  namespace: 5'],
  ])('when the object loses its identity: %s -> %s', async (from, to) => {
    const { reload } = await loadedFolder({ 'x.yaml': alertYaml('a') })
    const loaded = await reload({ 'x.yaml': alertYaml('a').replace(from, to) })
    expect(namesOf(loaded)).toEqual(['Alert/a'])
    expect(problemTexts(loaded).join()).toMatch(
      /; Alert\/flux-system\/a \(loaded at \S+Z\) stays in force$/,
    )
  })

  it('of a file that cannot be read now', async () => {
    const { path, reload } = await loadedFolder({ 'sub/x.yaml': alertYaml('a') })
    unlinkSync(join(path, 'sub/x.yaml'))
    symlinkSync('/nowhere', join(path, 'sub/x.yaml'))
    const loaded = await reload()
    expect(namesOf(loaded)).toEqual(['Alert/a'])
    expect(problemTexts(loaded)).toEqual([
      expect.stringMatching(
        /^sub\/x\.yaml: does not exist \(ENOENT\); Alert\/flux-system\/a .*stays in force$/,
      ),
    ])
  })

  it('of an object that moved to another file and became invalid', async () => {
    const { path, reload } = await loadedFolder({ 'x.yaml': alertYaml('a') })
    unlinkSync(join(path, 'x.yaml'))
    const loaded = await reload({ 'y.yaml': alertYaml('a', 'loud') })
    expect(namesOf(loaded)).toEqual(['Alert/a'])
    expect(problemTexts(loaded)).toEqual([expect.stringMatching(/^y\.yaml:9: .*stays in force$/)])
    expect(namesOf(await reload({ 'y.yaml': '{ broken' }))).toEqual(['Alert/a'])
    expect(namesOf(await reload({ 'y.yaml': '' }))).toEqual([])
  })

  it('also against a second object of its name', async () => {
    const { reload } = await loadedFolder({
      'x.yaml': alertYaml('a'),
      'y.yaml': alertYaml('a', 'error'),
    })
    const loaded = await reload({ 'x.yaml': alertYaml('a', 'loud') })
    expect(loaded.manifests).toMatchObject([{ spec: { eventSeverity: 'info' } }])
    expect(problemTexts(loaded)).toEqual([
      expect.stringMatching(IN_FORCE),
      'y.yaml:1: Alert/flux-system/a: is already defined at x.yaml:9; this second one is refused',
    ])
  })
})

describe('objects go away', () => {
  it('with their document, or their file', async () => {
    const { path, reload } = await loadedFolder({
      'x.yaml': `${alertYaml('a')}---\n${alertYaml('b')}`,
      'y.yaml': alertYaml('z'),
    })
    expect(namesOf(await reload({ 'x.yaml': alertYaml('b') }))).toEqual(['Alert/b', 'Alert/z'])
    unlinkSync(join(path, 'y.yaml'))
    expect(await reload()).toMatchObject({ manifests: [{ metadata: { name: 'b' } }], problems: [] })
  })

  it('and the second of a name takes the place of the first', async () => {
    const { path, reload } = await loadedFolder({
      'x.yaml': alertYaml('a'),
      'y.yaml': alertYaml('a', 'error'),
    })
    unlinkSync(join(path, 'x.yaml'))
    const loaded = await reload()
    expect(loaded.manifests).toMatchObject([{ spec: { eventSeverity: 'error' } }])
    expect(loaded.problems).toEqual([])
  })
})

describe('a file that is gone since it was listed', () => {
  it('is as it was, until the next look', async () => {
    const path = temporaryDirectory()
    writeFiles(path, { 'x.yaml': alertYaml('a'), 'y.yaml': alertYaml('b') })
    const loader = new ManifestLoader('local')
    const listed = await scanManifests(path)
    const loaded = await loader.load(listed)
    unlinkSync(join(path, 'y.yaml'))
    expect(await loader.load(listed)).toBe(loaded)
    expect(namesOf(await loader.load(await scanManifests(path)))).toEqual(['Alert/a'])
  })

  it('is not there, when it was never read', async () => {
    const path = temporaryDirectory()
    writeFiles(path, { 'x.yaml': alertYaml('a'), 'y.yaml': alertYaml('b') })
    const listed = await scanManifests(path)
    unlinkSync(join(path, 'y.yaml'))
    const loaded = await new ManifestLoader('local').load(listed)
    expect([namesOf(loaded), loaded.problems]).toEqual([['Alert/a'], []])
  })
})

describe('watching', () => {
  /** A folder that is watched; `calls` collects what `onChange` was given. */
  async function watchedFolder(files: Readonly<Record<string, string>>) {
    const path = temporaryDirectory()
    writeFiles(path, files)
    const calls: LoadedManifests[] = []
    const folder = openManifests(path, (loaded) => void calls.push(loaded))
    await folder.load()
    folder.watch(5)
    return { path, calls, folder }
  }

  it('reports each change once, and nothing that changes nothing', async () => {
    const { path, calls } = await watchedFolder({ 'x.yaml': alertYaml('a') })
    // Renamed into place: a look between truncating and writing would be a change of its own.
    const put = (name: string, text: string) => {
      writeFiles(path, { '.new': text })
      renameSync(join(path, '.new'), join(path, name))
    }
    put('x.yaml', `# a comment\n${alertYaml('a')}`)
    put('notes.txt', 'x')
    utimesSync(join(path, 'x.yaml'), 1, 1)
    put('y.yaml', alertYaml('b'))
    await waitFor(() => expect(calls.map(namesOf)).toEqual([['Alert/a', 'Alert/b']]))
    unlinkSync(join(path, 'y.yaml'))
    await waitFor(() => expect(calls.map(namesOf).slice(1)).toEqual([['Alert/a']]))
  })

  it('sees a change that leaves size and times as they were', async () => {
    const { path, calls } = await watchedFolder({ 'x.yaml': alertYaml('a') })
    utimesSync(join(path, 'x.yaml'), 1, 1)
    writeFiles(path, { 'x.yaml': alertYaml('b') })
    utimesSync(join(path, 'x.yaml'), 1, 1)
    await waitFor(() => expect(calls.map(namesOf)).toEqual([['Alert/b']]))
  })

  it('follows the swap of a ConfigMap mount', async () => {
    const path = temporaryDirectory()
    writeFiles(path, { '..1/x.yaml': alertYaml('a'), '..2/x.yaml': alertYaml('b') })
    symlinkSync('..1', join(path, '..data'))
    symlinkSync('..data/x.yaml', join(path, 'x.yaml'))
    const calls: LoadedManifests[] = []
    const folder = openManifests(path, (loaded) => void calls.push(loaded))
    folder.watch(5)
    await waitFor(() => expect(calls.map(namesOf)).toEqual([['Alert/a']]))
    symlinkSync('..2', join(path, '..data_tmp'))
    renameSync(join(path, '..data_tmp'), join(path, '..data'))
    await waitFor(() => expect(calls.map(namesOf).slice(1)).toEqual([['Alert/b']]))
  })

  it('keeps everything in force while the folder is gone', async () => {
    const { path, calls } = await watchedFolder({ 'x.yaml': alertYaml('a') })
    rmSync(path, { recursive: true })
    await waitFor(() => expect(calls).toHaveLength(1))
    expect(calls.map(namesOf)).toEqual([['Alert/a']])
    expect(calls.flatMap(problemTexts)).toEqual([
      expect.stringMatching(
        /^\/.* does not exist \(ENOENT\); Alert\/flux-system\/a .*stays in force$/,
      ),
    ])
    writeFiles(path, { 'x.yaml': alertYaml('a') })
    await waitFor(() => expect(calls[1]?.problems).toEqual([]))
  })

  it('calls again when onChange failed, and not at once with itself', async () => {
    const path = temporaryDirectory()
    writeFiles(path, { 'x.yaml': alertYaml('a') })
    let running = 0
    const onChange = vi.fn(async () => {
      running += 1
      expect(running).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      if (onChange.mock.calls.length < 3) throw new Error('the store is away')
    })
    openManifests(path, onChange).watch(5)
    await waitFor(() => expect(onChange).toHaveBeenCalledTimes(3))
  })

  it('ends with close', async () => {
    const { path, calls, folder } = await watchedFolder({ 'x.yaml': alertYaml('a') })
    const other = openManifests(path, (loaded) => void others.push(loaded))
    const others: LoadedManifests[] = []
    other.watch(5)
    await waitFor(() => expect(others).toHaveLength(1))
    folder.close()
    writeFileSync(join(path, 'x.yaml'), alertYaml('b'))
    await waitFor(() => expect(others).toHaveLength(2))
    expect(calls).toEqual([])
  })
})

describe('a folder that changes while its files are read', () => {
  /** One in which `change` happens at each load, once the files are read. */
  async function changingFolder(files: Readonly<Record<string, string>>) {
    const path = temporaryDirectory()
    writeFiles(path, files)
    const loader = new ManifestLoader('local')
    const change = vi.fn((_path: string) => undefined as unknown)
    const calls: LoadedManifests[] = []
    const folder = createManifestsFolder<LoadedManifests>({
      path,
      loader: {
        async load(entries) {
          const loaded = await loader.load(entries)
          change(path)
          return loaded
        },
        fingerprintOf: (loaded) => loader.fingerprintOf(loaded),
      },
      onChange: (loaded) => void calls.push(loaded),
    })
    onTestFinished(() => folder.close())
    return { path, folder, change, calls }
  }

  it('counts once it is whole, so no object is gone that moves from a file to another', async () => {
    const { path, folder, change, calls } = await changingFolder({
      'x.yaml': alertYaml('a'),
      'y.yaml': alertYaml('b'),
    })
    await folder.load()
    change.mockImplementationOnce(() => writeFiles(path, { 'y.yaml': moved }))
    const moved = `${alertYaml('a')}---\n${alertYaml('b', 'error')}`
    writeFiles(path, { 'x.yaml': '' })
    folder.watch(5)
    await waitFor(() => expect(calls.length).toBeGreaterThan(0))
    expect(calls.map(namesOf)).toEqual([['Alert/a', 'Alert/b']])
  })

  it('counts once it is whole at the start too', async () => {
    const { folder, change } = await changingFolder({ 'x.yaml': '' })
    change.mockImplementationOnce((path) => writeFiles(path, { 'x.yaml': alertYaml('a') }))
    expect(namesOf(await folder.load())).toEqual(['Alert/a'])
  })

  it('counts all the same when it never is', async () => {
    const { path, folder, change, calls } = await changingFolder({ 'x.yaml': alertYaml('a') })
    let count = 0
    change.mockImplementation(() => writeFiles(path, { 'x.yaml': alertYaml(`a${count++}`) }))
    expect(namesOf(await folder.load())).toHaveLength(1)
    folder.watch(5)
    await waitFor(() => expect(calls.length).toBeGreaterThan(1))
  })
})
