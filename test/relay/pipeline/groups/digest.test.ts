import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../relay/pipeline/groups/digest.ts'
import { memberOf } from '../../../../relay/pipeline/groups/member.ts'
import { deliveryRecord, event } from '../../../support/delivery-records.ts'
import { START } from '../../../support/manual-clock.ts'

function member(name: string, severity: 'info' | 'error', seconds: number, message = 'said') {
  const reason = severity === 'error' ? 'HealthCheckFailed' : 'ReconciliationSucceeded'
  const record = deliveryRecord({
    id: `${name} ${seconds}`,
    event: { ...event(name, message), severity, reason },
    acceptedAt: START + seconds * 1_000,
  })
  return memberOf(record)
}

const clockTime = (seconds: number) => new Date(START + seconds * 1_000).toISOString().slice(11, 19)

const messageOf = (members: Parameters<typeof digestOf>[0]) =>
  digestOf(members, { cluster: 'local', provider: 'flux-system/slack' })

describe('the message of a group', () => {
  it('counts by severity, and names each object with what it said last', () => {
    const { title, text, severity, reason } = messageOf([
      member('apps', 'error', 0, 'timeout\nwith details'),
      member('infra', 'info', 2),
    ])
    expect(title).toBe('2 events of 2 objects: 1 error, 1 info')
    expect(text.split('\n')).toEqual([
      `From ${clockTime(0)} to ${clockTime(2)} UTC`,
      '1 object failing',
      'Kustomization/flux-system/apps: HealthCheckFailed: timeout',
      'Kustomization/flux-system/infra: ReconciliationSucceeded: said',
    ])
    expect({ severity, reason }).toEqual({ severity: 'error', reason: 'Grouped' })
  })

  it('says what failed and recovered, after what still fails', () => {
    const { text, severity } = messageOf([
      member('good', 'info', 0),
      member('back', 'error', 1),
      member('down', 'error', 2),
      member('back', 'info', 3),
    ])
    expect(text.split('\n').slice(1)).toEqual([
      '1 object failing, 1 object failed and recovered',
      'Kustomization/flux-system/down: HealthCheckFailed: said',
      'Kustomization/flux-system/back (2 events): failed and recovered: ReconciliationSucceeded: said',
      'Kustomization/flux-system/good: ReconciliationSucceeded: said',
    ])
    expect(severity).toBe('error')
    expect(messageOf([member('a', 'error', 0), member('a', 'info', 1)]).severity).toBe('info')
  })

  it('names ten objects, and the command that lists the rest', () => {
    const members = Array.from({ length: 25 }, (_, index) => member(`n${index}`, 'error', index))
    const lines = messageOf(members).text.split('\n')
    expect(lines).toHaveLength(13)
    expect(lines.at(-1)).toBe(
      'and 15 more objects: flux-relay get deliveries --cluster local --provider flux-system/slack ' +
        `--since ${new Date(START).toISOString()} --until ${new Date(START + 24_001).toISOString()}`,
    )
    expect(messageOf(members.slice(0, 10)).text).not.toContain('more')
  })

  it('leads to the page of the rest where the console is open to people', () => {
    const members = Array.from({ length: 12 }, (_, index) => member(`n${index}`, 'error', index))
    const { text } = digestOf(members, {
      cluster: 'local',
      provider: 'flux-system/slack',
      publicUrl: 'https://relay.example',
    })
    const [, address = ''] = /and 2 more objects: (\S+)$/.exec(text) ?? []
    const { origin, pathname, searchParams } = new URL(address)
    expect(`${origin}${pathname}`).toBe('https://relay.example/console/deliveries')
    expect(Object.fromEntries(searchParams)).toEqual({
      cluster: 'local',
      provider: 'flux-system/slack',
      since: new Date(START).toISOString(),
      until: new Date(START + 11_001).toISOString(),
    })
  })

  it('keeps the one reason that all have, and cuts long messages', () => {
    const { reason, text } = messageOf([
      member('a', 'error', 0, 'x'.repeat(1_000)),
      member('b', 'error', 0),
    ])
    expect(reason).toBe('HealthCheckFailed')
    expect(text).toContain(`At ${clockTime(0)} UTC`)
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(300)
  })
})
