import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { FLEET } from '../relay/model/fleet.ts'
import { KubernetesName, namespacedName } from '../relay/model/kubernetes.ts'
import { printLine } from './output/print.ts'
import { addRelayOptions, type RelayFlags, withRelay } from './relay/options.ts'

interface PutFlags extends RelayFlags {
  /** Not looked at with `fleet`. */
  readonly cluster: string
  readonly fleet?: boolean
  readonly fromLiteral?: readonly string[]
  readonly fromFile?: readonly string[]
}

/** `flux-relay secret`: the Secrets that Providers name. */
export function secretCommand(): Command {
  const put = new Command('put')
    .description("store a Secret with these keys, in the place of the cluster's one of that name")
    .argument(
      '<namespace/name>',
      'the Secret, as a Provider of that namespace names it; with --fleet its name alone',
    )
    .option('--from-literal <key=value>', 'a key and its value; repeatable', collect)
    .option(
      '--from-file <[key=]file>',
      'a key with the content of a file; without a key, the name of the file; repeatable',
      collect,
    )
    .configureOutput({ outputError: (text, write) => write(withoutValues(text)) })
  return new Command('secret').description('Secrets that Providers name').addCommand(
    addRelayOptions(put, {
      requiredCluster: 'cluster whose Secret it is',
      orFleet: 'it is for the Providers of the fleet',
    }).action(putSecret),
  )
}

/** Commander quotes what it cannot place, which may be a value. */
function withoutValues(text: string): string {
  return text
    .replace(/unknown option '(--[a-z-]+)?.*'/s, (_, name = '…') => `unknown option '${name}'`)
    .replace(/( but got \d+):.*/s, '$1.\n')
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

async function putSecret(
  secret: string,
  { cluster, fleet = false, fromLiteral = [], fromFile = [], ...relay }: PutFlags,
): Promise<void> {
  const { namespace, name } = fleet ? readFleetName(secret) : readName(secret)
  const data = dataOf([
    ...fromLiteral.map(readLiteral),
    ...(await Promise.all(fromFile.map(readKeyFile))),
  ])
  await withRelay(relay, (api) =>
    fleet ? api.putFleetSecret(name, data) : api.putSecret(cluster, namespace, name, data),
  )
  const owner = fleet ? 'the fleet' : cluster
  printLine(
    `Secret/${namespacedName({ namespace, name })} of ${owner}: ${Object.keys(data).join(', ')}`,
  )
}

/** No message shows the text: it may be a value that got there. */
function readName(text: string) {
  const [namespace = '', name = '', ...more] = text.split('/')
  const areNames = [namespace, name].every((part) => KubernetesName.safeParse(part).success)
  if (areNames && more.length === 0) return { namespace, name }
  throw new UsageError('expected the Secret as NAMESPACE/NAME, such as flux-system/slack', 2)
}

/** As `readName`, of a Secret of the fleet, which has no namespace of its own. */
function readFleetName(name: string) {
  if (KubernetesName.safeParse(name).success) return { namespace: FLEET, name }
  throw new UsageError('expected the name of a Secret, such as slack', 2)
}

type SecretKeyValue = readonly [key: string, value: string]

/** No message shows the text: it may be a value whose key was forgotten. */
function readLiteral(text: string): SecretKeyValue {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageError('--from-literal: expected KEY=VALUE', 2)
  return [text.slice(0, equals), text.slice(equals + 1)]
}

async function readKeyFile(text: string): Promise<SecretKeyValue> {
  const equals = text.indexOf('=')
  if (equals === 0) throw new UsageError('--from-file: expected [KEY=]FILE', 2)
  const file = text.slice(equals + 1)
  const key = equals < 0 ? basename(file) : text.slice(0, equals)
  return [key, await readUtf8(file)]
}

async function readUtf8(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (error) {
    throw new UsageError(`--from-file ${file}: ${(error as Error).message}`, 1)
  }
}

function dataOf(entries: readonly SecretKeyValue[]): Readonly<Record<string, string>> {
  if (entries.length === 0) throw new UsageError('give --from-literal or --from-file', 2)
  const data = Object.fromEntries(entries)
  if (Object.keys(data).length === entries.length) return data
  throw new UsageError('a key is given twice', 2)
}
