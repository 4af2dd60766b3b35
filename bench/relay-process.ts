import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, ServedProcess } from './processes.ts'
import type { Sink } from './sink.ts'

/** The project that this benchmark is part of. */
export const PROJECT = join(import.meta.dirname, '..')

/** Which events go to which sink, through a `generic` Provider for each. */
export interface BenchDestination {
  readonly kind: string
  readonly sink: Pick<Sink, 'url'>
}

export interface RelaySetup {
  readonly destinations: readonly BenchDestination[]
  /** Where its sources are; this project unless given. */
  readonly project?: string
  /** Folder of its database; an empty one unless given. */
  readonly data?: string
  /** Whether it answers what `probe.ts` is asked. */
  readonly isProbed?: boolean
  readonly environment?: Readonly<Record<string, string>>
}

const MALLOC = { MALLOC_ARENA_MAX: '2' }

/** What `npm start` tells glibc, and where it keeps what was compiled. */
export const START = {
  ...MALLOC,
  NODE_COMPILE_CACHE: join(PROJECT, 'node_modules/.cache/flux-relay'),
}

/** The runs in which a relay of this project was started already. */
const compiled = new WeakSet<Bench>()

/**
 * Starts a relay as `npm start` does, with manifests and a folder of its own. One of this project is
 * never the first in its clone: what has to be compiled once was compiled before.
 */
export async function startRelayProcess(bench: Bench, setup: RelaySetup): Promise<ServedProcess> {
  const { project = PROJECT, environment = {} } = setup
  if (project !== PROJECT) return start(bench, setup)
  if (!compiled.has(bench)) {
    compiled.add(bench)
    const first = await start(bench, { destinations: [], environment: START })
    await first.stop('SIGTERM')
  }
  return start(bench, { ...setup, environment: { ...START, ...environment } })
}

function start(bench: Bench, setup: RelaySetup): Promise<ServedProcess> {
  const { destinations, project = PROJECT, isProbed = false, environment = {} } = setup
  const own = mkdtempSync(join(bench.directory, 'relay-'))
  const manifests = join(own, 'manifests')
  mkdirSync(manifests)
  writeFileSync(join(manifests, 'bench.yaml'), manifestsFor(destinations))
  const probe = isProbed ? ['--import', join(import.meta.dirname, 'probe.ts')] : []
  const data = setup.data ?? join(own, 'data')
  const folders = ['--manifests', manifests, '--data', data]
  const program = ['bin/flux-relay.ts', 'serve', ...folders, '--port', '0']
  return bench.start([...startFlags(), ...probe, ...program], {
    environment,
    cwd: project,
    answers: isProbed,
  })
}

/** Starts the pass-through, with as much room for young objects, and as few arenas, as the relay has. */
export function startPassThrough(
  bench: Bench,
  sink: Pick<Sink, 'url'>,
  connections = 10,
): Promise<ServedProcess> {
  const program = join(import.meta.dirname, 'programs/pass-through.ts')
  const args = [...roomForYoungObjects(), program, sink.url, String(connections)]
  return bench.start(args, { environment: MALLOC })
}

/** Starts the bare relay, with an empty database, and with what the relay has of V8 and glibc. */
export function startBareRelay(
  bench: Bench,
  sink: Pick<Sink, 'url'>,
  connections = 10,
): Promise<ServedProcess> {
  const program = join(import.meta.dirname, 'programs/bare-relay.ts')
  const file = join(mkdtempSync(join(bench.directory, 'bare-')), 'bare.db')
  const args = [...roomForYoungObjects(), program, sink.url, String(connections), file]
  return bench.start(args, { environment: MALLOC })
}

function roomForYoungObjects(): readonly string[] {
  return startFlags().filter((flag) => /^--m(ax|in)-semi-space-size/.test(flag))
}

/** What `npm start` tells Node before it names the program. */
export function startFlags(): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const [, flags] = / node (.*) bin\/flux-relay\.ts /.exec(` ${manifest.scripts.start} `) ?? []
  if (flags === undefined)
    throw new Error('the script start in package.json does not run the relay')
  return flags.split(' ')
}

function manifestsFor(destinations: readonly BenchDestination[]): string {
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
  return destinations
    .flatMap(({ kind, sink }) => [
      {
        ...{ apiVersion, kind: 'Provider' },
        metadata: { name: kind.toLowerCase(), namespace: 'bench' },
        spec: { type: 'generic', address: sink.url },
      },
      {
        ...{ apiVersion, kind: 'Alert' },
        metadata: { name: kind.toLowerCase(), namespace: 'bench' },
        spec: {
          providerRef: { name: kind.toLowerCase() },
          eventSources: [{ kind, name: '*' }],
        },
      },
    ])
    .map((object) => JSON.stringify(object))
    .join('\n---\n')
}
