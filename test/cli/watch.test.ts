import { spawn } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import type { ExpectedVersion } from '../../relay/ports/versioned.ts'
import { stackTargets } from '../support/command-targets.ts'
import { deliveryRecord, type RecordChanges } from '../support/delivery-records.ts'
import { startRelay } from '../support/embedded-server.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'
import { START } from '../support/manual-clock.ts'
import { PROGRAM, startProgram } from '../support/relay-process.ts'
import { startHttpServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'

const { open } = stackTargets()

it('shows deliveries that come or change after those of the list', async () => {
  const { ports, server } = await startRelay()
  const record = (id: string, seconds: number, changes = {}) =>
    deliveryRecord({ id, acceptedAt: START + seconds * 1_000, updatedAt: START, ...changes })
  ports.ledger.put(record('older', 0), record('retried', 1, { outcome: 'retry' }))
  const url = `http://127.0.0.1:${server.port}`
  const args = [PROGRAM, 'get', 'deliveries', '-w', '--limit', '1', '--relay', url]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, FLUX_RELAY_CONFIG: '/dev/null' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill())
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += String(chunk)
  })
  const ids = () =>
    said
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0])
  await waitFor(() => expect(ids()).toEqual(['ID', 'retried']))
  ports.ledger.put(record('new', 2), record('newest', 3))
  await waitFor(() => expect(ids()).toEqual(['ID', 'retried', 'new', 'newest']))
  ports.ledger.put(record('retried', 1, { updatedAt: START + 9_000 }))
  await waitFor(() => expect(ids()).toEqual(['ID', 'retried', 'new', 'newest', 'retried']))
  expect(said).toMatch(/^retried .* retry .*\n(.*\n)+retried .* delivered /m)
  const [newest, changed] = said.split('\n').slice(3)
  expect(changed?.indexOf('delivered')).toBe(newest?.indexOf('delivered'))
  const ended = new Promise((resolve) => child.once('close', (_, signal) => resolve(signal)))
  child.kill('SIGINT')
  expect(await ended).toBe('SIGINT')
})

it.each(['deliveries', 'events'])('ends when the list of %s cannot be had', async (what) => {
  const server = await startHttpServer((incoming, outgoing) => {
    if (incoming.url?.startsWith('/v1/deliveries/stream')) {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n')
      // One that tells nothing for a minute is given up anyway.
      const telling = setInterval(() => outgoing.write(':\n\n'), 10_000)
      outgoing.once('close', () => clearInterval(telling))
    } else outgoing.writeHead(500).end()
  })
  const url = `http://127.0.0.1:${server.port}`
  const ended = await fluxRelayProcess(['get', what, '-w', '--relay', url])
  expect(ended).toMatchObject({ code: 1, stderr: 'flux-relay: the relay answered 500\n' })
})

it('shows those of a relay on AWS, whose ledger it asks again and again', async () => {
  const { ports, stack, env } = await open()
  const write = (id: string, changes: RecordChanges, expected: ExpectedVersion = 'absent') => {
    const times = { acceptedAt: Date.now(), updatedAt: Date.now() }
    const record = deliveryRecord({ id, cluster: 'prod', ...times, ...changes })
    return ports.ledger.writeMany([{ record, expected }])
  }
  const acceptedAt = Date.now() - 3_600_000
  await write('waits', { acceptedAt, outcome: 'retry', dueAt: Date.now() })
  const program = startProgram(
    process.execPath,
    [PROGRAM, 'get', 'deliveries', '-w', '--stack', stack, '--cluster', 'prod'],
    { environment: { FLUX_RELAY_CONFIG: '/dev/null', ...env } },
  )
  const rows = () =>
    program.lines().map((line) => line.match(/^(\w+) .* (retry|delivered) /)?.slice(1))
  await waitFor(() => expect(rows()).toEqual([undefined, ['waits', 'retry']]))
  await write('new', {})
  await waitFor(() => expect(rows()[2]).toEqual(['new', 'delivered']))
  await write('waits', { acceptedAt }, 1)
  await waitFor(() => expect(rows()[3]).toEqual(['waits', 'delivered']))
  await program.end('SIGTERM')
})

it.each([
  ['--watch'],
  ['--outcome', 'dead'],
  ['--since', '1h'],
  ['--alert', 'apps/on-call'],
  ['--namespace', 'apps'],
])('neither watches nor filters what ids name: %s', async (...flags) => {
  const args = ['get', 'deliveries', 'one', '--cluster', 'prod', ...flags]
  const { code, stdout, stderr } = await fluxRelay(args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`get deliveries: ${flags[0]} goes without ids`)
})
