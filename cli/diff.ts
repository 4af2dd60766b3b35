import { Command, Option } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { manifestErrorText } from '../hosts/embedded/manifests/manifest-error.ts'
import type { EventRoutes } from './diff/event-routes.ts'
import { readLedgerEvents } from './diff/ledger-events.ts'
import { annotateChanges, formatChanges } from './diff/report.ts'
import { annotateRoutes, formatRoutes, routesDocument } from './diff/route-report.ts'
import { type FileSideOptions, type Side, sideOfFiles, sideOfRelay } from './diff/sides.ts'
import { parseTime } from './filters.ts'
import { unreadableText } from './get/unreadable-records.ts'
import { type ReadManifests, readManifests, requireWhole, secretsOf } from './manifests.ts'
import { parseManifestsPath } from './one-path.ts'
import { formatDocument, print, warnLine } from './output/print.ts'
import {
  addRelayOptions,
  DEFAULT_CLUSTER,
  parseCluster,
  type RelayFlags,
  requireCluster,
  withRelay,
} from './relay/options.ts'
import { annotation } from './validate/annotation.ts'
import { findingsOf } from './validate/findings.ts'

interface DiffFlags extends RelayFlags {
  readonly file: string
  readonly against: string
  readonly context?: string
  readonly cluster?: string
  readonly exitCode: boolean
  readonly since?: string
  readonly crossNamespaceRefs: boolean
  readonly output: 'text' | 'json' | 'github'
}

const IN_FORCE = 'in-force'

const NOTHING: Side = { objects: new Map(), secretValues: [] }

/** `flux-relay diff`: which Alerts and Providers would change, and how. */
export function diffCommand(): Command {
  const command = new Command('diff')
    .description(
      'show how the Alerts and Providers of a folder (or file) differ from those in force, or from those of another folder; changes nothing',
    )
    .requiredOption(
      '-f, --file <path>',
      'folder (or file) that is to be the whole set',
      parseManifestsPath,
    )
    .option(
      '--against <path>',
      'folder (or file) to compare with, without a relay; in-force: what a relay has',
      IN_FORCE,
    )
    .option('--cluster <name>', 'cluster (default: local; needed with --stack)', parseCluster)
    .option(
      '--since <time>',
      'also show where the events of the ledger since a time, a date in UTC, or for as long as 24h would newly go, and where no longer; at most 2,000',
      parseTime,
    )
    .option(
      '--no-cross-namespace-refs',
      'as a relay with that setting, no Alert takes events of other namespaces, or uses their Providers; a stack tells it',
    )
    .option('--exit-code', 'exit with 1 when there is a difference', false)
    .addOption(
      new Option('-o, --output <format>', 'how to print; github: annotations of a pull request')
        .choices(['text', 'json', 'github'])
        .default('text'),
    )
  const asksNone = ({ against }: { readonly against?: unknown }) => against !== IN_FORCE
  return addRelayOptions(command, { asksNone }).action((flags: DiffFlags) => diff(flags))
}

async function diff(flags: DiffFlags): Promise<void> {
  const { file, against, output, relay, stack, context, cluster = DEFAULT_CLUSTER } = flags
  const isOffline = against !== IN_FORCE
  if (isOffline && (relay ?? stack ?? context) !== undefined) {
    const problem = '--against PATH goes without --relay, --stack and --context'
    throw new UsageError(`diff: ${problem}`, 2)
  }
  if (isOffline && flags.since !== undefined) {
    throw new UsageError('diff: --since is of a relay, and goes without --against PATH', 2)
  }
  if (!isOffline) requireCluster(flags)
  const read = await readNew(flags, cluster)
  const inForce = isOffline ? undefined : await readInForce(flags, cluster)
  const asFiles = {
    ...{ cluster, hasSecrets: isOffline, noCrossNamespaceRefs: !flags.crossNamespaceRefs },
    ...inForce?.ownRules,
  }
  const after = await sideOfFiles(file, read, asFiles)
  const before = inForce?.side ?? (await readOld(against, asFiles))
  // Loaded here, so that the help starts without what masks secrets.
  const [{ redactorOf }, { objectChanges }] = await Promise.all([
    import('./diff/masked.ts'),
    import('./diff/object-changes.ts'),
  ])
  const redact = redactorOf([...before.secretValues, ...after.secretValues])
  const changes = objectChanges(before, after, redact)
  const objects = new Set([...before.objects.keys(), ...after.objects.keys()])
  const unchanged = objects.size - changes.filter(({ change }) => change !== 'same').length
  const found = await routesOf(flags, { cluster, before, after, loaded: read.loaded })
  if (output === 'text') {
    print(formatChanges(changes, unchanged))
    if (found) print(formatRoutes(found.routes, found.compared))
  } else if (output === 'github') {
    print(annotateChanges(changes, file))
    const placeOf = (alert: string) => after.objects.get(`Alert/${alert}`)?.place
    if (found) print(annotateRoutes(found.routes, placeOf, file))
  } else {
    const events = found && { events: routesDocument(found.routes, found.compared) }
    print(await formatDocument({ against, changes, unchanged, ...events }, 'json'))
  }
  if (flags.exitCode && changes.length > 0) process.exitCode = 1
}

/** Rejects with `UsageError` when anything is wrong with the files: a relay would not take them so. */
async function readNew({ file, output }: DiffFlags, cluster: string): Promise<ReadManifests> {
  const read = await readManifests(file, cluster)
  if (output === 'github' && read.loaded.fileCount > 0) {
    const findings = await findingsOf({ ...read, path: file, wrong: [], strict: false })
    const errors = findings.filter(({ severity }) => severity === 'error')
    print(errors.map(annotation).join(''))
  }
  requireWhole(file, read.loaded)
  return read
}

/** What is wrong with these files keeps no change from being seen that mends it; it counts as not there. */
async function readOld(path: string, options: FileSideOptions): Promise<Side> {
  const read = await readManifests(path, options.cluster)
  const { problems, fileCount } = read.loaded
  for (const problem of problems) warnLine(`--against ${path}: ${manifestErrorText(problem)}`)
  if (problems.length > 0 && fileCount === 0) {
    throw new UsageError(`--against ${path}: there is nothing that can be read`, 1)
  }
  return sideOfFiles(path, read, options)
}

/** What a relay has, and the rules of its deployment where its stack tells them. */
async function readInForce(flags: DiffFlags, cluster: string) {
  const { side, ownRules } = await withRelay(flags, async (api) => ({
    side: await sideOfRelay(api, cluster),
    ownRules: api.ownRules,
  }))
  if (side === undefined) warnLine(`the cluster ${cluster} has no configuration yet: all is new`)
  return { side: side ?? NOTHING, ownRules }
}

interface Compared extends Pick<ReadManifests, 'loaded'> {
  readonly cluster: string
  readonly before: Side
  readonly after: Side
}

/** What the change does to the events of the ledger; undefined without `--since`. */
async function routesOf(
  flags: DiffFlags,
  { cluster, before, after, loaded }: Compared,
): Promise<{ readonly routes: EventRoutes; readonly compared: number } | undefined> {
  const { since, crossNamespaceRefs } = flags
  if (since === undefined) return undefined
  const { rules, events, unreadable, reachedTime } = await withRelay(flags, async (api) => {
    const rules = api.ownRules ?? { noCrossNamespaceRefs: !crossNamespaceRefs }
    return { rules, ...(await readLedgerEvents(api, { cluster, since }, rules)) }
  })
  if (reachedTime !== undefined) {
    const count = `the newest ${events.length} events of the ledger`
    warnLine(`${count} are compared, back to ${reachedTime}; earlier ones are not`)
  }
  if (unreadable > 0) warnLine(unreadableText(unreadable))
  const { eventRoutes } = await import('./diff/event-routes.ts')
  const manifests = ({ objects }: Side) => [...objects.values()].map(({ manifest }) => manifest)
  const routes = await eventRoutes(events, {
    ...{ ...rules, cluster, secrets: secretsOf(loaded) },
    inForce: manifests(before),
    changed: manifests(after),
  })
  return { routes, compared: events.length }
}
