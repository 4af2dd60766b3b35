import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { startEmbeddedRelay } from '../../hosts/embedded/relay.ts'
import { entryOptions } from '../support/entry-options.ts'
import { type ClockSetting, relayClock } from './relay-clock.ts'

/**
 * The embedded relay as `flux-relay serve` composes it, but for its clock. Ends when its stdin
 * does, so that nothing is left behind by a test that was ended itself.
 */
const { values } = parseArgs({
  options: {
    manifests: { type: 'string', default: '' },
    data: { type: 'string', default: '' },
    clock: { type: 'string', default: '' },
  },
})

let setting = JSON.parse(values.clock) as ClockSetting
createInterface({ input: process.stdin })
  // Somebody sets the clock.
  .on('line', (line) => {
    setting = JSON.parse(line) as ClockSetting
  })
  .on('close', () => process.exit(0))
await startEmbeddedRelay(entryOptions(values.manifests, values.data), {
  clock: relayClock(() => setting),
})
