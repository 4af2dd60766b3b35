import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, inject, it } from 'vitest'
import { projectPath } from '../../docs/generate/project.ts'
import { startRelay } from '../support/relay-process.ts'

const promtool = inject('promtool')

/** What it says, and how it ends. */
function run(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8', input })
  return { status, said: `${stdout}${stderr}`.trim() }
}

describe.skipIf(promtool === '')('promtool', () => {
  it('reads the shipped alerts', () => {
    const { status, said } = run(['check', 'rules', projectPath('deploy/monitoring/rules.yaml')])
    expect([status, said]).toEqual([0, expect.stringMatching(/SUCCESS: \d+ rules found/)])
  })

  it('finds that each fires when it should, and only then', () => {
    const { status, said } = run(['test', 'rules', projectPath('test/deploy/rules-series.yaml')])
    expect(said).toMatch(/SUCCESS$/)
    expect(status).toBe(0)
  })

  it('has nothing to say of the metrics of a relay that runs', async () => {
    const relay = await startRelay({ manifests: projectPath('examples/quickstart') })
    const event = projectPath('examples/events/kustomization-health-check-failed.json')
    await fetch(relay.url, { method: 'POST', body: readFileSync(event) })
    await fetch(`${relay.url}/nowhere`, { method: 'POST' })
    await relay.logged({ msg: 'delivered' })
    const text = await (await fetch(`${relay.url}/metrics`)).text()
    for (const name of ['requests_refused_total', 'last_event_timestamp_seconds']) {
      expect(text).toContain(`\nflux_relay_${name}{`)
    }
    const { said } = run(['check', 'metrics'], text)
    // Three gauges of prom-client's own are named like counters.
    const notes = said
      .split('\n')
      .filter((line) => !/^nodejs_active_\w+_total non-counter/.test(line))
    expect(notes.filter((line) => line !== '')).toEqual([])
  })
})
