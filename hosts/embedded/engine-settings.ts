import { setFlagsFromString } from 'node:v8'

/** What V8 is told, by its own flags (docs/adr/0068, docs/adr/0088, docs/adr/0089). */
const FLAGS = [
  // How far old objects may grow before they are collected again, in percent of what the last collection left.
  // V8 alone lets them grow to three or four times as much.
  '--heap-growing-percent=80',
  // Else what Maglev worked with is freed by threads that have other work first: 40 MB at the begin of a load.
  '--no-maglev-destroy-on-background',
  // V8 alone takes 3,000 calls. What has been compiled for 5 to 20 ms of a core is then called often enough.
  '--invocation-count-for-turbofan=40000',
  // What the command line lets young objects take is the event loop's, which has it by now. While that flag stands V8
  // gives it to each thread too, whatever limit the thread was begun with (Node 24.21).
  '--max-semi-space-size=0',
]

/**
 * Keeps the heaps of this process and of its threads close to what they need, and its compilers from the way of its
 * event loop. To be called before the first thread begins. A V8 that no longer knows a flag prints one line about it.
 */
export function tuneEngine(): void {
  for (const flag of FLAGS) setFlagsFromString(flag)
}
