import { expect, it } from 'vitest'
import { createSessions, MAX_SESSIONS } from '../../../../hosts/kit/console/sessions.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

it('lets who logs in again and again end no session but their own', () => {
  const sessions = createSessions(() => ({ role: 'viewer' }), new ManualClock())
  const begin = (token: string) => sessions.begin(token) ?? ''
  const other = begin('other')
  const first = begin('busy')
  for (let more = 2; more < MAX_SESSIONS; more += 1) begin('busy')
  expect(sessions.operatorOf(first)).toBeDefined()
  begin('busy')
  expect(sessions.operatorOf(first)).toBeUndefined()
  expect(sessions.operatorOf(other)).toBeDefined()
})

it('has room for who has no session yet', () => {
  const sessions = createSessions(() => ({ role: 'viewer' }), new ManualClock())
  const ids = Array.from({ length: MAX_SESSIONS + 1 }, (_, at) => sessions.begin(`token-${at}`))
  const isOpen = ids.map((id) => sessions.operatorOf(id ?? '') !== undefined)
  expect(isOpen).toEqual([false, ...Array(MAX_SESSIONS).fill(true)])
})
