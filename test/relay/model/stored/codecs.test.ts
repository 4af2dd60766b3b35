import { describe, expect, it } from 'vitest'
import { type Codec, decodeText, encodeText } from '../../../../relay/model/stored/codec.ts'
import {
  configContentCodec,
  configSnapshotCodec,
} from '../../../../relay/model/stored/config-snapshot.ts'
import { failingProvidersCodec } from '../../../../relay/model/stored/failing-providers.ts'
import { groupMessageCodec } from '../../../../relay/model/stored/group-message.ts'
import { groupWindowCodec } from '../../../../relay/model/stored/group-window.ts'
import { heldFailureCodec } from '../../../../relay/model/stored/held-failure.ts'
import { objectStateCodec } from '../../../../relay/model/stored/object-state.ts'
import { queuedEventCodec } from '../../../../relay/model/stored/queued-event.ts'
import { retryMessageCodec } from '../../../../relay/model/stored/retry-message.ts'
import { silencesCodec } from '../../../../relay/model/stored/silences.ts'
import { subjectStateCodec } from '../../../../relay/model/stored/subject-state.ts'
import { toldReadinessCodec } from '../../../../relay/model/stored/told-readiness.ts'
import { troubleCodec } from '../../../../relay/model/stored/trouble.ts'
import { acceptedEvent } from '../../../support/delivery-records.ts'

const readiness = {
  kind: 'Alert',
  namespace: 'a',
  name: 'b',
  ready: true,
  reason: 'R',
  message: '',
}
const content = { manifests: [{ kind: 'Alert' }], objects: [readiness] }
const request = { deliveryId: 'd', until: 2 }

function form<T extends object>(
  codec: Codec<T>,
  value: T,
  wrong: Readonly<Record<string, unknown>>,
  cause: string,
): void {
  describe(`a stored ${codec.form}, wrong as in: ${cause}`, () => {
    it('is read as it was written, and as 591c4aa wrote it', () => {
      const read = { kind: 'read', value }
      const stored = JSON.parse(encodeText(codec, value))
      expect(stored).toEqual({ v: 1, ...JSON.parse(JSON.stringify(value)) })
      expect(decodeText(codec, JSON.stringify(stored))).toEqual(read)
      expect(decodeText(codec, JSON.stringify(value))).toEqual(read)
    })

    it('says what is wrong, and when it is of a later version', () => {
      expect(codec.decode({ ...value, ...wrong })).toEqual({ kind: 'damaged', cause })
      expect(codec.decode({ ...value, v: 2 })).toEqual({ kind: 'later', version: 2 })
      expect(codec.decode({ ...value, v: null })).toMatchObject({ kind: 'damaged' })
    })
  })
}

form(
  queuedEventCodec,
  acceptedEvent({ orderTime: 1 }),
  { event: {} },
  'event.involvedObject is missing',
)
form(
  retryMessageCodec,
  { deliveryId: 'd', attempt: 2, dueAt: 1 },
  { dueAt: '1' },
  'dueAt is not a number',
)
form(configContentCodec, content, { manifests: [1] }, 'manifests[0] is not an object')
form(
  configSnapshotCodec,
  { cluster: 'prod', revision: 'r', takenAt: 1, ...content },
  { objects: [{ ...readiness, ready: 1 }] },
  'objects[0].ready is not true or false',
)
form(
  subjectStateCodec,
  { order: '1', reason: 'R', claim: request, settled: { shows: 's', at: 1, deliveryId: 'd' } },
  { claim: { deliveryId: 'd' } },
  'claim.until is missing',
)
form(
  objectStateCodec,
  {
    ...{ severity: 'info', seen: [{ fingerprint: 'f', eventId: 'e', at: 1 }], latest: '1' },
    end: '2',
    failure: { eventId: 'e', order: '1', endedBy: '2' },
  },
  { seen: {} },
  'seen is not a list',
)
form(
  silencesCodec,
  {
    silences: [
      {
        ...{ id: 'i', match: 'true', reason: 'r', createdAt: 1, createdBy: 'ann', endsAt: 3 },
        expiry: { at: 2, by: 'bob' },
      },
    ],
  },
  { silences: [{ id: 'i' }] },
  'silences[0].match is missing',
)
form(
  heldFailureCodec,
  { deliveryId: 'd', fingerprint: 'f' },
  { fingerprint: 1 },
  'fingerprint is not a text',
)
form(
  groupWindowCodec,
  { leader: 'd', openedAt: 1, dueAt: 2, closed: true },
  { dueAt: '2' },
  'dueAt is not a number',
)
form(
  groupMessageCodec,
  { members: ['d'], digest: { title: 't', text: 'x', severity: 'error', reason: 'R' } },
  { digest: { title: 't' } },
  'digest.text is missing',
)
form(troubleCodec, { since: 1, over: true }, { since: '1' }, 'since is not a number')
form(
  failingProvidersCodec,
  { providers: [{ namespace: 'a', name: 'b', uid: 'c' }] },
  { providers: [{ namespace: 'a', name: 'b' }] },
  'providers[0].uid is missing',
)
form(
  toldReadinessCodec,
  { revision: 'r', isWanted: true, notReady: ['a/b'] },
  { notReady: [1] },
  'notReady[0] is not a text',
)
