import { afterEach, expect, it, vi } from 'vitest'
import { createLog, logDecision, logged } from '../../functions/shared/log.ts'
import { deliveryRecord } from '../support/delivery-records.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** The levels of the lines that are written at all four. */
function levelsWith(logLevel: Parameters<typeof createLog>[0]['logLevel']): readonly string[] {
  const levels: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((line) => {
      levels.push(JSON.parse(String(line)).level)
      return true
    })
  }
  const log = createLog({ logLevel })
  for (const write of ['debug', 'info', 'warn', 'error'] as const) {
    log[write]('a line', {})
  }
  vi.restoreAllMocks()
  return levels
}

it.each([
  ['DEBUG', ['DEBUG', 'INFO', 'WARN', 'ERROR']],
  ['INFO', ['INFO', 'WARN', 'ERROR']],
  ['WARN', ['WARN', 'ERROR']],
  ['ERROR', ['ERROR']],
] as const)('%s is what a function keeps to, whatever Lambda lets through', (level, written) => {
  expect(levelsWith(level)).toEqual(written)
  // What Lambda sets for a function that logs in JSON.
  vi.stubEnv('AWS_LAMBDA_LOG_LEVEL', level === 'DEBUG' ? 'DEBUG' : 'INFO')
  expect(levelsWith(level)).toEqual(written)
})

it('says in each line of which invocation it is, as REPORT and the trace do', async () => {
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1')
  const log = createLog({ logLevel: 'INFO' })
  const handler = logged(log, async (names: readonly string[]) => {
    for (const name of names) log.info('seen', { name })
  })
  await handler(['a', 'b'], { awsRequestId: 'first' })
  await handler(['c'], { awsRequestId: 'second' })
  const lines = stdout.mock.calls.map(([line]) => JSON.parse(String(line)))
  expect(lines).toMatchObject([
    { name: 'a', function_request_id: 'first', cold_start: true },
    { name: 'b', function_request_id: 'first', cold_start: true },
    { name: 'c', function_request_id: 'second', cold_start: false },
  ])
  for (const line of lines) {
    expect(line.xray_trace_id).toBe('1-5759e988-bd862e3fe1be46a994272793')
  }
})

it.each([
  ['delivered by the first try', { outcome: 'delivered', tries: 1 }, 'DEBUG'],
  ['delivered by a later try', { outcome: 'delivered', tries: 2, attempt: 2 }, 'INFO'],
  ['suppressed', { outcome: 'suppressed', tries: 0 }, 'INFO'],
  ['skipped', { outcome: 'skipped', tries: 0 }, 'INFO'],
  ['to be tried again', { outcome: 'retry', tries: 1, dueAt: 0 }, 'WARN'],
  ['dead', { outcome: 'dead', tries: 1 }, 'ERROR'],
] as const)('logs what is %s at its level', (_, parts, level) => {
  const write = vi.fn()
  const at = (name: string) => (message: string) => write(name, message)
  const log = { debug: at('DEBUG'), info: at('INFO'), warn: at('WARN'), error: at('ERROR') }
  logDecision(log, { record: deliveryRecord(parts), latencyMs: 1 })
  expect(write.mock.calls).toEqual([[level, parts.outcome]])
})
