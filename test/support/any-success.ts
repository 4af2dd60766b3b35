/** What a service of any type answers to what it took: all fields that some type asks for. */
export const ANY_SUCCESS = {
  id: 1,
  ok: true,
  result: 'success',
  event_id: '$1',
  messageIds: ['1'],
  MessageId: '1',
  FailedEntryCount: 0,
  Entries: [],
} as const
