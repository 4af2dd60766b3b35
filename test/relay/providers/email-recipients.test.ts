import { describe, expect, it } from 'vitest'
import type { MailRefusal, MailSent, RefusedRecipient } from '../../../relay/ports/mail.ts'
import type { CustomDelivery } from '../../../relay/providers/contract.ts'
import { email } from '../../../relay/providers/email.ts'
import { notificationOf, settingsOf } from '../../support/notifications.ts'
import { createFakeTryPorts, transportFailure } from '../../support/try-ports.ts'

const SPEC = {
  address: 'smtp://smtp.example.com',
  username: 'Flux <flux@example.com>',
  channel: 'ops@example.com, dev@example.com',
}
const settings = settingsOf(email, SPEC)
const { to } = settings

const failed = notificationOf('helmrelease-upgrade-failed')

describe('a server that lets some of the recipients wait', () => {
  const LATER = { said: '451 4.7.1 Come back later', isPassing: true }
  const sent = (...refused: RefusedRecipient[]): MailSent => ({
    kind: 'sent',
    answer: '250 Ok',
    refused,
  })

  /** Delivers once for each answer, with one memory. */
  async function inTurn(...answers: ReadonlyArray<MailSent | MailRefusal>) {
    const left = [...answers]
    const tryPorts = createFakeTryPorts({ mailed: () => left.shift() ?? sent() })
    const deliveries: CustomDelivery[] = []
    for (const _ of answers) deliveries.push(await email.deliver(failed, settings, tryPorts))
    return { deliveries, tryPorts, recipients: tryPorts.mails.map((mail) => mail.to) }
  }

  it('is tried again for those alone', async () => {
    const later = { ...LATER, address: 'Dev@Example.com' }
    const { deliveries, recipients, tryPorts } = await inTurn(sent(later), sent(), sent())
    expect(deliveries.map(({ verdict }) => verdict)).toEqual([
      {
        kind: 'retry',
        applied: 'partly',
        reason:
          'the server lets 1 of 2 recipients wait: Dev@Example.com: 451 4.7.1 Come back later',
      },
      { kind: 'delivered', reason: '250 Ok' },
      { kind: 'delivered', reason: '250 Ok' },
    ])
    // A replay of what all have goes to all.
    expect(recipients).toEqual([to, ['dev@example.com'], to])
    expect([...tryPorts.remembered.values()]).toEqual([''])
  })

  it('names those that were refused at an earlier try, until it is done', async () => {
    const three = { ...settings, to: [...to, 'gone@example.com'] }
    const gone = { address: 'gone@example.com', said: '550 No such\nuser', isPassing: false }
    const later = { ...LATER, address: 'dev@example.com' }
    const answers = [
      sent(gone, later),
      transportFailure('connect', false),
      { kind: 'refused', cause: 'message', isPassing: true, detail: '451 No.' } as MailRefusal,
      sent(),
      sent(),
    ]
    const left = [...answers]
    const tryPorts = createFakeTryPorts({ mailed: () => left.shift() ?? sent() })
    const named: unknown[] = []
    for (const _ of answers) named.push((await email.deliver(failed, three, tryPorts)).notes)
    const note = 'the server refused a recipient: gone@example.com: 550 No such user'
    expect(named).toEqual([[note], [note], [note], [note], []])
    expect(tryPorts.mails.at(-2)?.to).toEqual(['dev@example.com'])
  })

  it('goes on while they wait, which is no failure of the server', async () => {
    const alone = 'the server answered to a mail for dev@example.com alone: 451 No.'
    const refusal = { kind: 'refused', cause: 'message', isPassing: true, detail: '451 No.' }
    const later = { ...LATER, address: 'dev@example.com' }
    const { deliveries, recipients } = await inTurn(
      sent(later),
      refusal as MailRefusal,
      { ...refusal, isPassing: false } as MailRefusal,
    )
    expect(deliveries.map(({ verdict }) => verdict)).toMatchObject([
      { kind: 'retry', applied: 'partly' },
      { kind: 'retry', applied: 'partly', reason: alone },
      { kind: 'rejected', reason: alone },
    ])
    expect(recipients).toEqual([to, ['dev@example.com'], ['dev@example.com']])
  })

  it('is over when a changed Provider names none of them', async () => {
    const third = 'third@example.com'
    const tryPorts = createFakeTryPorts({ mailed: () => sent({ ...LATER, address: third }) })
    await email.deliver(failed, { ...settings, to: [...to, third] }, tryPorts)
    expect(await email.deliver(failed, settings, tryPorts)).toMatchObject({
      verdict: { kind: 'delivered', reason: 'no recipient waits for it any more' },
    })
    expect(tryPorts.mails).toHaveLength(1)
  })

  it('is another mail once it says more', async () => {
    const { tryPorts } = await inTurn(sent({ ...LATER, address: 'dev@example.com' }))
    const event = { ...failed.event, message: '2 events' }
    await email.deliver({ ...failed, event }, settings, tryPorts)
    expect(tryPorts.mails.at(-1)?.to).toEqual(to)
  })
})
