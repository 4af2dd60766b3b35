import type { Command } from 'commander'

/** Makes a command, and only then loads what it needs. */
export type LoadCommand = () => Promise<Command>

/** Every command by its name, in the order in which help lists them. */
export const COMMANDS: ReadonlyMap<string, LoadCommand> = new Map<string, LoadCommand>([
  ['serve', async () => (await import('./serve.ts')).serveCommand()],
  ['ship', async () => (await import('./ship.ts')).shipCommand()],
  ['apply', async () => (await import('./apply.ts')).applyCommand()],
  ['validate', async () => (await import('./validate.ts')).validateCommand()],
  ['explain', async () => (await import('./explain.ts')).explainCommand()],
  ['diff', async () => (await import('./diff.ts')).diffCommand()],
  ['test', async () => (await import('./test.ts')).testCommand()],
  ['send', async () => (await import('./send.ts')).sendCommand()],
  ['get', async () => (await import('./get.ts')).getCommand()],
  ['describe', async () => (await import('./describe.ts')).describeCommand()],
  ['console', async () => (await import('./console.ts')).consoleCommand()],
  ['replay', async () => (await import('./replay.ts')).replayCommand()],
  ['dismiss', async () => (await import('./dismiss.ts')).dismissCommand()],
  ['silence', async () => (await import('./silence.ts')).silenceCommand()],
  ['secret', async () => (await import('./secret.ts')).secretCommand()],
  ['context', async () => (await import('./context.ts')).contextCommand()],
  ['cluster', async () => (await import('./cluster.ts')).clusterCommand()],
  ['completion', async () => (await import('./completion.ts')).completionCommand()],
  ['version', async () => (await import('./version.ts')).versionCommand()],
])
