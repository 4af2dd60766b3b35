import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { go } from '../support/go.ts'

/** Of client-go, whose recorders are those of Flux's controllers. */
const VERSION = 'v0.35.4'

const GO = '1.25.0'

const SOURCE = resolve(import.meta.dirname, 'event-recorder/main.go')

/** Names the built program, and where it was found. */
export const EVENT_RECORDER_VARIABLE = 'FLUX_RELAY_EVENT_RECORDER'

/**
 * The program that reports Events by client-go's own recorders; built into a folder when it is not
 * there. Throws when Go, or the module, is not to be had.
 */
export function buildEventRecorder(folder: string): string {
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 12)
  const program = join(folder, `event-recorder-${VERSION}-${hash}`)
  if (existsSync(program)) return program
  const module = mkdtempSync(join(tmpdir(), 'flux-relay-event-recorder-'))
  try {
    const lines = [
      'module flux-relay.test/event-recorder',
      `go ${GO}`,
      `require k8s.io/api ${VERSION}`,
      `require k8s.io/client-go ${VERSION}`,
    ]
    writeFileSync(join(module, 'go.mod'), `${lines.join('\n')}\n`)
    copyFileSync(SOURCE, join(module, 'main.go'))
    mkdirSync(folder, { recursive: true })
    const flags = ['-mod=mod', '-trimpath', '-ldflags=-s -w', '-o', program]
    go(module, ['build', ...flags, '.'], { variables: { CGO_ENABLED: '0' } })
    return program
  } finally {
    rmSync(module, { recursive: true, force: true })
  }
}
