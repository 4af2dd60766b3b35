import { setTimeout as sleep } from 'node:timers/promises'
import { AS_WRITTEN, type ManifestEdit, type SinkAddresses } from './manifests.ts'
import type { Random } from './random.ts'

/** A person who changes the manifests while the relay is under load, and wants the same of them. */
export interface Edits {
  /** How often they were changed. */
  readonly times: () => number
  /** Changes them no more, and leaves them as they are. */
  stop(): Promise<void>
}

export interface EditOptions {
  readonly random: Random
  /** Where Providers may point to instead; the same paths are known there. */
  readonly spare: Pick<SinkAddresses, 'hooks' | 'chat'>
  write(edit: ManifestEdit): void
}

export function startEdits({ random, spare, write }: EditOptions): Edits {
  const stopping = new AbortController()
  let times = 0

  const edit = (): ManifestEdit => ({
    ...AS_WRITTEN,
    note: `edit ${times}`,
    moved: {
      ...(random.chance(0.3) && { hooks: spare.hooks }),
      ...(random.chance(0.3) && { chat: spare.chat }),
    },
    hasForgeSecret: random.chance(0.8),
  })

  const run = async () => {
    while (await isAwake(random.between(100, 900), stopping.signal)) {
      times += 1
      write(edit())
    }
  }
  const running = run()
  return {
    times: () => times,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** Resolves after so long, with false when it is stopped. */
async function isAwake(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}
