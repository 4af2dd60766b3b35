import { spawnSync } from 'node:child_process'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLog, logDecision } from '../../../hosts/kit/log.ts'
import type { Outcome } from '../../../relay/model/outcomes.ts'
import { deliveryRecord, eventRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'
import { ROOT } from '../../support/relay-process.ts'
import { waitFor } from '../../support/wait-for.ts'

async function setup(pretty = false) {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  return { lines, log: await createLog({ pretty, level: 'info', destination }) }
}

describe('logDecision', () => {
  it('writes one JSON line with all that tells what happened', async () => {
    const { lines, log } = await setup()
    const record = deliveryRecord({
      outcome: 'retry',
      reason: 'slack answered 500',
      attempt: 2,
      dueAt: START,
    })
    logDecision(log, { record, latencyMs: 120 })
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      msg: 'retry',
      event: 'event-1',
      cluster: 'local',
      object: 'Kustomization/flux-system/podinfo',
      alert: 'flux-system/on-call',
      provider: 'flux-system/slack',
      providerType: 'slack',
      outcome: 'retry',
      reason: 'slack answered 500',
      attempt: 1,
      tries: 1,
      latencyMs: 120,
      delivery: 'delivery-1',
      dueAt: '2026-11-20T09:14:03.000Z',
    })
  })

  it.each([
    ['delivered', 'info'],
    ['skipped', 'info'],
    ['suppressed', 'info'],
    ['retry', 'warn'],
    ['dead', 'error'],
    ['failed', 'warn'],
  ] as const)('logs %s as %s', async (outcome: Outcome, level) => {
    const { lines, log } = await setup()
    const record =
      outcome === 'failed'
        ? deliveryRecord({ outcome, test: { by: 'ann' } })
        : eventRecord({ outcome })
    logDecision(log, { record, latencyMs: 1 })
    const line = JSON.parse(lines[0] ?? '')
    expect(line).toMatchObject({ level, msg: outcome })
    expect([line.test, line.askedBy, 'alert' in line]).toEqual(
      outcome === 'failed' ? [true, 'ann', true] : [undefined, undefined, false],
    )
  })
})

describe('createLog', () => {
  it('writes for a person on request', async () => {
    const { lines, log } = await setup(true)
    log.info({ cluster: 'local' }, 'hello')
    const text = await waitFor(() => {
      expect(lines.join('')).toContain('hello')
      return lines.join('')
    })
    expect(text).toContain('INFO')
    expect(() => JSON.parse(text)).toThrow()
  })

  it('leaves out what is below its level', async () => {
    const { lines, log } = await setup()
    log.debug('detail')
    expect(lines).toEqual([])
  })

  it('writes the last lines of any number of logs when the process exits, and no warning of Node', () => {
    const program = `
      import { createLog } from './hosts/kit/log.ts'
      for (let n = 0; n < 20; n += 1) {
        const log = await createLog({ pretty: false, level: 'info' })
        log.info({ n }, 'made')
      }
      setImmediate(() => process.exit())`
    const args = ['--input-type=module', '--eval', program]
    const ended = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    const lines = ended.stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  })
})

describe('a terminal', () => {
  const prettyLine = async (write: (log: Awaited<ReturnType<typeof setup>>['log']) => void) => {
    const { lines, log } = await setup(true)
    write(log)
    return lines.join('')
  }

  it('gets one line for a decision', async () => {
    const record = deliveryRecord({
      outcome: 'retry',
      reason: 'HTTP 503',
      attempt: 2,
      dueAt: START,
    })
    const line = await prettyLine((log) => logDecision(log, { record, latencyMs: 120 }))
    expect(line).toContain(
      'retry Kustomization/flux-system/podinfo -> flux-system/slack: HTTP 503, next try at 2026-11-20T09:14:03.000Z (120 ms)\n',
    )
    expect(line.split('\n')).toHaveLength(2)
  })

  it('is not steered by what came from outside', async () => {
    const record = deliveryRecord({ reason: 'a\u001b[2Jb\nc' })
    const line = await prettyLine((log) => logDecision(log, { record, latencyMs: 1 }))
    expect(line).toContain(': a [2Jb c (1 ms)')
  })

  it('shows the stack of an error', async () => {
    const line = await prettyLine((log) =>
      log.error({ err: new Error('disk'), file: 'x' }, 'failed'),
    )
    expect(line).toMatch(/failed file=x Error: disk\n\s+at /)
  })
})
