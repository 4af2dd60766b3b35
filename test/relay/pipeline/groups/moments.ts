import type { Harness } from '../../../support/relay-harness.ts'

/** Calls `then` once, when the deliveries of a leader's message are known, before it is written. */
export function beforeMessageIsWritten(
  harness: Harness,
  leader: string,
  then: () => Promise<void>,
): void {
  const { state } = harness.ports
  const write = state.write.bind(state)
  let isCalled = false
  Object.assign(state, {
    async write(...args: Parameters<typeof write>) {
      if (!isCalled && args[0].endsWith(`#group#${leader}`)) {
        isCalled = true
        await then()
      }
      return write(...args)
    },
  })
}

/** Calls `then` once, before it is read what became of a leader. */
export function beforeLeaderIsRead(
  harness: Harness,
  leader: string,
  then: () => Promise<void>,
): void {
  const { ledger } = harness.ports
  const readMany = ledger.readMany.bind(ledger)
  let isCalled = false
  Object.assign(ledger, {
    async readMany(...args: Parameters<typeof readMany>) {
      const [[id], options] = args
      if (!isCalled && id === leader && options?.withoutEvents) {
        isCalled = true
        await then()
      }
      return readMany(...args)
    },
  })
}
