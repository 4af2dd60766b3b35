import { afterEach, expect, it, vi } from 'vitest'
import { createLog, type Log } from '../../functions/shared/log.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** The levels of the lines that are written at all three. */
function levelsWith(logLevel: Parameters<typeof createLog>[0]['logLevel']): readonly string[] {
  const levels: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((line) => {
      levels.push(JSON.parse(String(line)).level)
      return true
    })
  }
  const log = createLog({ logLevel })
  for (const write of ['info', 'warn', 'error'] satisfies readonly (keyof Log)[]) {
    log[write]('a line', {})
  }
  vi.restoreAllMocks()
  return levels
}

it.each([
  ['DEBUG', ['INFO', 'WARN', 'ERROR']],
  ['INFO', ['INFO', 'WARN', 'ERROR']],
  ['WARN', ['WARN', 'ERROR']],
  ['ERROR', ['ERROR']],
] as const)('%s is what a function keeps to, whatever Lambda lets through', (level, written) => {
  expect(levelsWith(level)).toEqual(written)
  // What Lambda sets for a function that logs in JSON.
  vi.stubEnv('AWS_LAMBDA_LOG_LEVEL', level === 'DEBUG' ? 'DEBUG' : 'INFO')
  expect(levelsWith(level)).toEqual(written)
})
