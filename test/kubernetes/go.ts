import { spawnSync } from 'node:child_process'

const BUILD_WITHIN_MS = 3_600_000

/** What the machine's Go prints; throws when there is none, or it fails. */
export function go(
  cwd: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): string {
  const { error, status, stdout, stderr } = spawnSync('go', args, {
    cwd,
    encoding: 'utf8',
    timeout: BUILD_WITHIN_MS,
    env: { ...process.env, ...variables },
  })
  if (error) throw new Error(`go does not run: ${error.message}`)
  if (status === 0) return stdout
  throw new Error(
    `go ${args[0]} ended with ${status}: ${stderr.trim().split('\n').slice(-5).join('; ')}`,
  )
}
