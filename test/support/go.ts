import { spawnSync } from 'node:child_process'
import { z } from 'zod'

const BUILD_WITHIN_MS = 3_600_000

export interface GoOptions {
  readonly variables?: NodeJS.ProcessEnv
  readonly withinMs?: number
}

/** What the machine's Go prints; throws when there is none, it fails, or it takes too long. */
export function go(
  cwd: string,
  args: readonly string[],
  { variables = {}, withinMs = BUILD_WITHIN_MS }: GoOptions = {},
): string {
  const { error, status, stdout, stderr } = spawnSync('go', args, {
    cwd,
    encoding: 'utf8',
    timeout: withinMs,
    env: { ...process.env, ...variables },
  })
  if (error) throw new Error(`go ${args[0]} does not run: ${error.message}`)
  if (status === 0) return stdout
  // With -json it says on standard output what is wrong.
  const said = [stderr, stdout].find((text) => text.trim() !== '') ?? ''
  const lines = said
    .trim()
    .split('\n')
    .map((line) => line.trim())
  const shown = lines.slice(-5).join('; ')
  throw new Error(`go ${args[0]} ended with ${status}: ${shown}`)
}

/** What `go mod download -json` prints: https://go.dev/ref/mod#go-mod-download */
const Download = z.object({ GoMod: z.string(), Dir: z.string() })

/**
 * Where a module's `go.mod` and its files are, which nobody may write to. Needs a folder to run in;
 * throws when the module is not to be had.
 */
export function downloadModule(
  cwd: string,
  module: string,
  version: string,
): z.infer<typeof Download> {
  return Download.parse(JSON.parse(go(cwd, ['mod', 'download', '-json', `${module}@${version}`])))
}
