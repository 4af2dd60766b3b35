import { setFlagsFromString } from 'node:v8'

/**
 * How far old objects may grow before they are collected again, in percent of what the last collection
 * left. V8 alone lets them grow to three or four times as much.
 */
const GROWTH_PERCENT = 80

/**
 * Keeps the heaps of this process and of its threads close to what they need (docs/adr/0068). A V8 that
 * no longer knows the flag prints one line about it.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
