import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { startEmbeddedRelay } from '../../hosts/embedded/relay.ts'
import { entryOptions } from '../support/entry-options.ts'
import { stepTime } from './stepped-time.ts'

/**
 * The embedded relay as `flux-relay serve` composes it, in a time that its stdin moves on: a line `[elapsed, wall]` does
 * so, and any other asks only; each is answered by when the next wait ends. Ends when its stdin does.
 */
const { values } = parseArgs({
  options: {
    manifests: { type: 'string', default: '' },
    data: { type: 'string', default: '' },
    elapsed: { type: 'string', default: '' },
    wall: { type: 'string', default: '' },
  },
})
const time = stepTime({ elapsed: Number(values.elapsed), wall: Number(values.wall) })
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [elapsed, wall] = JSON.parse(line) as readonly number[]
    if (elapsed !== undefined && wall !== undefined) time.moveTo(elapsed, wall)
    process.stdout.write(`${JSON.stringify({ msg: 'next', at: time.nextAt() })}\n`)
  })
  .on('close', () => process.exit(0))
const relay = await startEmbeddedRelay(entryOptions(values.manifests, values.data), {
  clock: time.clock,
})
process.stdout.write(`${JSON.stringify({ msg: 'started', port: relay.port })}\n`)
