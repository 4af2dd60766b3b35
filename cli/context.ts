import { Command, Option } from 'commander'
import { addContext, type ContextFlags } from './context/add-context.ts'
import { contextFilePath, readContexts } from './context/context-file.ts'
import { removeContext, useContext } from './context/edit-contexts.ts'
import { print, warnLine } from './output/print.ts'
import { formatTable } from './output/table.ts'
import { parseCluster } from './relay/options.ts'

/** `flux-relay context`: names for relays, so that commands need not say where theirs is. */
export function contextCommand(): Command {
  return new Command('context')
    .description('names for relays: the one in use is that of every command that names none')
    .addCommand(addCommand())
    .addCommand(
      new Command('use')
        .description('use a context from now on')
        .argument('<name>', 'name of the context')
        .action((name: string) => useContext(process.env, name)),
    )
    .addCommand(
      new Command('list')
        .alias('ls')
        .description('list the contexts')
        .action(() => listContexts()),
    )
    .addCommand(
      new Command('remove')
        .alias('rm')
        .description('forget a context, and its token')
        .argument('<name>', 'name of the context')
        .action((name: string) => removeContext(process.env, name)),
    )
}

function addCommand(): Command {
  return new Command('add')
    .description('name a relay; a context of that name is replaced, and the first one is in use')
    .argument('<name>', 'name of the context')
    .option('--relay <url>', 'address of a relay that serves HTTP')
    .addOption(
      new Option('--stack <name>', 'CloudFormation stack of a relay on AWS').conflicts('relay'),
    )
    .option(
      '--cluster <name>',
      'cluster that commands are about when they do not say',
      parseCluster,
    )
    .option('--token-file <file>', 'file with the token for the relay; - reads stdin')
    .action((name: string, flags: ContextFlags) => addContext(process.env, name, flags))
}

/** Tokens are never shown. */
async function listContexts(): Promise<void> {
  const { current, contexts } = await readContexts(process.env)
  if (contexts.length === 0) {
    return warnLine(`No contexts found in ${contextFilePath(process.env)}.`)
  }
  print(
    formatTable(
      ['CURRENT', 'NAME', 'RELAY', 'STACK', 'CLUSTER', 'TOKEN'],
      contexts.map(({ name, relay = '', stack = '', cluster = '', token }) => [
        ...[name === current ? '*' : '', name, relay, stack, cluster],
        token === undefined ? '' : 'set',
      ]),
    ),
  )
}
