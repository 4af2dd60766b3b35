import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads'
import { answerParent } from '../../bench/asking.ts'

/** Loaded before a program (`node --import`): the parent sets its clock, in milliseconds from the machine's. */
const machineTime = Date.now
const threads = new BroadcastChannel('flux-relay-soak-clock')
threads.unref()
let offsetMs = 0

Date.now = () => machineTime() + offsetMs

// A thread that starts later begins with the machine's time, as the first one did.
threads.onmessage = (event) => {
  offsetMs = Number((event as { readonly data: unknown }).data)
}

if (isMainThread) {
  answerParent((ms) => {
    offsetMs = Number(ms)
    threads.postMessage(offsetMs)
    return threadId
  })
}
