import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { secureContextOf } from '../adapters/http/tls.ts'
import { UsageError } from '../client/usage-error.ts'
import { StartError } from '../hosts/kit/start-error.ts'
import { systemClock } from '../hosts/kit/system-clock.ts'
import {
  inClusterConnection,
  type KubernetesConnection,
} from '../hosts/shipper/kubernetes/connection.ts'
import type { KubernetesOptions } from '../hosts/shipper/kubernetes-side.ts'
import { parsePeriodMs } from './quantities.ts'

/** What `flux-relay ship` is told of the cluster's API. */
export interface KubernetesFlags {
  readonly kubeApi?: string
  readonly kubeTokenFile?: string
  readonly kubeCaFile?: string
  readonly watchEvents: readonly string[]
  readonly config: boolean
  readonly readyCheck: boolean
  readonly syncSecrets: boolean
  readonly secretPrefix: string
  readonly secretGrace: number
  readonly stateTable: string
}

/** What the shipper does with the cluster's API, and where that is. */
export interface KubernetesPlan {
  readonly connection: KubernetesConnection
  /** Kinds whose Kubernetes Events are watched; `*` for all. */
  readonly watchEvents: readonly string[]
  /** Whether Alerts and Providers are put to the relay. */
  readonly config: boolean
  /** Whether objects that failed are looked at, which may be ready again without an event. */
  readonly readyCheck: boolean
  /** Present when Secrets are copied. */
  readonly secrets?: {
    readonly prefix: string
    readonly graceMs: number
    readonly stateTable?: string
  }
}

const LEAST_GRACE_MS = 60_000
const MAX_WATCHED_KINDS = 50

/** The options of `ship` about the cluster's API. */
export function addKubernetesOptions(command: Command): Command {
  return command
    .option(
      '--kube-api <url>',
      'address of the Kubernetes API (default: that of the cluster that this runs in, if any)',
    )
    .option('--kube-token-file <file>', 'file that holds the token for --kube-api')
    .option('--kube-ca-file <file>', 'PEM file of the CA of --kube-api')
    .addOption(
      new Option(
        '--watch-events <kinds>',
        'send Kubernetes Events about objects of these kinds too, such as Kustomization,Pod; * for all',
      )
        .argParser(parseKinds)
        .default([], 'none'),
    )
    .option('--no-config', 'do not put the Alerts and Providers of the cluster to the relay')
    .option('--no-ready-check', 'do not look whether objects that failed are ready again')
    .option('--sync-secrets', 'copy the Secrets that Providers name to AWS Secrets Manager', false)
    .option(
      '--secret-prefix <prefix>',
      "what the ids of the relay's secrets begin with: the output SecretPrefix of its stack",
      'flux-relay/prod',
    )
    .option(
      '--state-table <name>',
      'where writers of Secrets take turns, so that all copies are one secret: the output StateTable of the stack',
      '',
    )
    .addOption(
      new Option('--secret-grace <time>', 'how long a copy outlives the last mention of its Secret')
        .argParser((text) => parsePeriodMs(text, LEAST_GRACE_MS))
        .default(3_600_000, '1h'),
    )
}

/** What the flags ask for; undefined when that needs no Kubernetes API. Throws `UsageError`. */
export function kubernetesPlan(
  flags: KubernetesFlags,
  environment: Readonly<Record<string, string | undefined>>,
): KubernetesPlan | undefined {
  const { watchEvents, config, secretGrace: graceMs, stateTable } = flags
  const prefix = secretPrefixOf(flags)
  if (prefix !== undefined) checkTable(stateTable)
  if (!config && watchEvents.length === 0 && prefix === undefined) return undefined
  const connection = connectionOf(flags, environment)
  if (connection === undefined) {
    const asking = [
      watchEvents.length > 0 && '--watch-events',
      flags.syncSecrets && '--sync-secrets',
    ]
    const flag = asking.find((it) => it !== false)
    if (flag) throw new UsageError(`${flag}: outside of a cluster it needs --kube-api`, 2)
    return undefined
  }
  return {
    connection,
    watchEvents,
    config,
    readyCheck: flags.readyCheck,
    ...(prefix !== undefined && {
      secrets: { prefix, graceMs, ...(stateTable !== '' && { stateTable }) },
    }),
  }
}

function secretPrefixOf({ syncSecrets, secretPrefix, config }: KubernetesFlags) {
  if (!syncSecrets) return undefined
  if (!config) {
    throw new UsageError(
      '--sync-secrets: which Secrets is known by the Providers; drop --no-config',
      2,
    )
  }
  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
  if (/^[\w+=.@-]+(?:\/[\w+=.@-]+)*$/.test(secretPrefix) && secretPrefix.length <= 100)
    return secretPrefix
  throw new UsageError(
    `--secret-prefix ${secretPrefix}: expected a prefix such as flux-relay/prod`,
    2,
  )
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
function checkTable(name: string): void {
  // What a kustomization leaves out is empty.
  if (name === '' || /^[\w.-]{3,255}$/.test(name)) return
  throw new UsageError(
    `--state-table ${name}: expected the name of a table, the output StateTable`,
    2,
  )
}

function connectionOf(
  { kubeApi, kubeTokenFile, kubeCaFile }: KubernetesFlags,
  environment: Readonly<Record<string, string | undefined>>,
): KubernetesConnection | undefined {
  if (kubeApi === undefined) {
    if (kubeTokenFile !== undefined || kubeCaFile !== undefined) {
      throw new UsageError('--kube-token-file and --kube-ca-file are for --kube-api only', 2)
    }
    return inCluster(environment)
  }
  checkApi(kubeApi)
  return {
    url: kubeApi,
    ...(kubeTokenFile !== undefined && { tokenFile: kubeTokenFile }),
    ...(kubeCaFile !== undefined && { ca: readCa('--kube-ca-file', kubeCaFile) }),
  }
}

function inCluster(environment: Readonly<Record<string, string | undefined>>) {
  try {
    return inClusterConnection(environment)
  } catch (error) {
    throw error instanceof StartError ? new UsageError(error.message, 1) : error
  }
}

function checkApi(text: string): void {
  const url = URL.parse(text)
  const isPlain = url !== null && url.username === '' && url.password === '' && url.search === ''
  if (isPlain && /^https?:$/.test(url.protocol) && url.hash === '') return
  // The text is not shown: there may be a password in it.
  throw new UsageError(
    '--kube-api: expected a URL such as https://10.0.0.1, without credentials',
    2,
  )
}

/** Reads a PEM file with a CA that TLS can use. Throws `UsageError`. */
export function readCa(option: string, file: string): string {
  try {
    const ca = readFileSync(file, 'utf8')
    secureContextOf({ ca })
    return ca
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${(error as Error).message}`, 1)
  }
}

function parseKinds(text: string): readonly string[] {
  const kinds = [...new Set(text.split(',').map((kind) => kind.trim()))]
  const isKind = (kind: string) => /^(?:[A-Z][A-Za-z0-9]{0,62}|\*)$/.test(kind)
  const wrong = kinds.find((kind) => !isKind(kind))
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`'${wrong}': expected a kind such as Kustomization, or *.`)
  }
  if (kinds.length > MAX_WATCHED_KINDS) {
    throw new InvalidArgumentError(`expected at most ${MAX_WATCHED_KINDS} kinds, or *.`)
  }
  return kinds.includes('*') ? ['*'] : kinds
}

/** What the shipper needs for the plan. Throws `UsageError` when Secrets cannot be copied. */
export async function kubernetesOptions(
  { secrets, ...plan }: KubernetesPlan,
  cluster: string,
): Promise<KubernetesOptions> {
  if (secrets === undefined) return plan
  const { graceMs, ...place } = secrets
  // Loaded here, so that a shipper that copies no Secrets does without the AWS SDK.
  const { openSecretCopies } = await import('../adapters/aws/open-secret-copies.ts')
  try {
    const copies = await openSecretCopies({ ...place, cluster, clock: systemClock })
    return { ...plan, secrets: { ...copies, graceMs } }
  } catch (error) {
    throw new UsageError(`--sync-secrets: ${(error as Error).message}`, 1)
  }
}
