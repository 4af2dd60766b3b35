import { Command, Option } from 'commander'
import { type RelayVersion, relayVersion } from '../client/relay-version.ts'
import { UsageError } from '../client/usage-error.ts'
import manifest from '../package.json' with { type: 'json' }
import { formatDocument, print, printLine } from './output/print.ts'
import { addRelayOptions, type RelayFlags, withHttpRelay } from './relay/options.ts'

interface VersionFlags extends RelayFlags {
  readonly output: 'text' | 'json'
}

/** `flux-relay version`: what this program is, and what the relay is that it speaks to. */
export function versionCommand(): Command {
  const command = new Command('version')
    .description(
      'tell the version of this program, and of the relay that the options, the environment or a context name',
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
  return addRelayOptions(command).action((flags: VersionFlags) => version(flags))
}

async function version(flags: VersionFlags): Promise<void> {
  const client = { version: manifest.version, node: process.versions.node }
  const isText = flags.output === 'text'
  if (isText) printLine(`flux-relay ${client.version}, Node.js ${client.node}`)
  const relay = await askedVersion(flags)
  if (isText && relay) printLine(relayLine(relay))
  if (!isText) print(await formatDocument({ client, ...(relay && { relay }) }, 'json'))
}

function relayLine({ version, node }: RelayVersion): string {
  return `relay ${version}${node === undefined ? '' : `, Node.js ${node}`}`
}

async function askedVersion(flags: VersionFlags): Promise<RelayVersion | undefined> {
  if (flags.stack !== undefined) return stackVersion(flags.stack)
  return flags.relay === undefined ? undefined : withHttpRelay(flags, relayVersion)
}

async function stackVersion(stack: string): Promise<RelayVersion> {
  // Loaded here, so that the program tells its own version without the SDK.
  const [{ onAws }, { readStackOutputs }] = await Promise.all([
    import('./relay/on-aws.ts'),
    import('./relay/stack-outputs.ts'),
  ])
  const { RelayVersion: version } = await onAws(readStackOutputs(stack))
  if (version !== undefined) return { version }
  throw new UsageError(
    `--stack ${stack}: the stack does not tell its version: it was deployed by an earlier one than this program`,
    1,
  )
}
