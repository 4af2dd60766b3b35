import { Command, Option } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { formatDocument, print, printLine } from './output/print.ts'

/** `flux-relay version`: what this program is. */
export function versionCommand(): Command {
  return new Command('version')
    .description('tell the version of this program, and of the Node.js that runs it')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .action(async ({ output }: { readonly output: 'text' | 'json' }) => {
      const client = { version: manifest.version, node: process.versions.node }
      if (output === 'json') return print(await formatDocument({ client }, output))
      printLine(`flux-relay ${client.version}, Node.js ${client.node}`)
    })
}
