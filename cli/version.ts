import { Command, Option } from 'commander'
import { relayVersion } from '../client/relay-version.ts'
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
  if (isText && relay) printLine(`relay ${relay.version}, Node.js ${relay.node}`)
  if (!isText) print(await formatDocument({ client, ...(relay && { relay }) }, 'json'))
}

async function askedVersion(flags: VersionFlags) {
  if (flags.stack !== undefined) throw new UsageError('a relay on AWS does not tell its version', 1)
  return flags.relay === undefined ? undefined : withHttpRelay(flags, relayVersion)
}
