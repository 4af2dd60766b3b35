import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { alertYaml } from '../support/manifest-files.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')

/** Variables by which a relay loads one of the fixtures before its own code, in each thread. */
function preloading(name: string) {
  return { NODE_OPTIONS: `--import=${pathToFileURL(join(FIXTURES, name))}` }
}

async function manifests(): Promise<string> {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  return manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': providerYaml('slack', { type: 'generic', address: `${sink.url}/hook` }),
  })
}

it('answers others while a disk is slow, and acknowledges no sooner than the disk does', async () => {
  const environment = preloading('slow-commits.mjs')
  const relay = await startRelay({ manifests: await manifests(), environment })
  const startedAt = performance.now()
  let acceptedAt: number | undefined
  const post = relay.post(kustomizationEvent('podinfo', 'a'.repeat(40))).then(({ status }) => {
    acceptedAt = performance.now()
    return status
  })
  let answers = 0
  while (acceptedAt === undefined) {
    expect((await relay.fetch('/healthz')).status).toBe(200)
    answers += 1
  }
  expect(await post).toBe(202)
  expect(acceptedAt - startedAt).toBeGreaterThan(999)
  // One waits for the disk when the loop does.
  expect(answers).toBeGreaterThan(5)
})

it('ends with an error when the thread of the database dies', async () => {
  const environment = preloading('dying-thread.mjs')
  const relay = await startRelay({ manifests: await manifests(), environment })
  const post = relay.post(kustomizationEvent('podinfo', 'a'.repeat(40))).then(
    ({ status }) => status,
    () => 'no answer',
  )
  const { code } = await relay.ended
  expect(code).toBe(1)
  expect(await post).not.toBe(202)
  // A thread that dies takes the log of its database along, and who watches the files may be first to say so.
  await eventually(() => expect(JSON.stringify(relay.log())).toContain('flux-relay.db died'))
})

it('has all that it acknowledged when the power fails and what was not synced is gone', async ({
  skip,
}) => {
  const library = keepSynced()
  if (library === undefined) return skip('needs gcc, to keep apart what was synced')
  const [data, synced] = [temporaryDirectory(), temporaryDirectory()]
  const environment = { LD_PRELOAD: library, SYNCED_DIR: synced }
  const folder = await manifests()
  const relay = await startRelay({ manifests: folder, data, environment })
  const commits = Array.from({ length: 40 }, (_, index) => index.toString(16).padStart(40, 'a'))
  const acknowledged: string[] = []
  const posts = commits.map(async (commit) => {
    const { status } = await relay.post(kustomizationEvent(`app-${commit.slice(-2)}`, commit))
    if (status === 202) acknowledged.push(commit)
  })
  await Promise.race([...posts.slice(20)])
  // What a machine has on its disk at this moment, though the process goes on.
  const [known, left] = [[...acknowledged], temporaryDirectory()]
  cpSync(synced, left, { recursive: true })
  await Promise.all(posts)
  expect(known.length).toBeGreaterThan(0)
  const again = await startRelay({ manifests: folder, data: left })
  await eventually(async () => {
    const deliveries = await again.deliveries('limit=200')
    const told = JSON.stringify(deliveries)
    expect(known.filter((commit) => !told.includes(commit))).toEqual([])
  })
})

/** Undefined where there is no compiler. */
function keepSynced(): string | undefined {
  const built = join(temporaryDirectory(), 'keep-synced.so')
  const source = join(FIXTURES, 'keep-synced.c')
  try {
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', built, source, '-ldl'], { stdio: 'pipe' })
    return built
  } catch {
    return undefined
  }
}
