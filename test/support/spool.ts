import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Spool } from '../../hosts/shipper/spool/spool.ts'
import {
  type GoneSpool,
  openSpool,
  type SetAsideFile,
  type SpoolFileOptions,
} from '../../hosts/shipper/spool/spool-file.ts'
import { ManualClock } from './manual-clock.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export interface TestSpool {
  readonly spool: Spool
  readonly directory: string
  /** Damaged files that were moved away. */
  readonly aside: readonly SetAsideFile[]
  /** Damage that was found while it was open. */
  readonly corruptions: readonly Error[]
  /** Resolves when the file was taken away. */
  readonly gone: Promise<GoneSpool>
  close(): void
}

/** A spool in a folder of its own unless one is given; closed when the test is over. */
export function testSpool(
  options: Partial<Pick<SpoolFileOptions, 'clock' | 'maxBytes'>> & {
    readonly directory?: string
  } = {},
): TestSpool {
  const {
    directory = temporaryDirectory(),
    clock = new ManualClock(),
    maxBytes = 2 ** 30,
  } = options
  const aside: SetAsideFile[] = []
  const corruptions: Error[] = []
  const gone = Promise.withResolvers<GoneSpool>()
  const { spool, close } = openSpool(directory, {
    clock,
    maxBytes,
    onCorrupt: (error) => corruptions.push(error),
    onSetAside: (file) => aside.push(file),
    onDiskFull: () => undefined,
    onGone: gone.resolve,
    lookEveryMs: 5,
  })
  onTestFinished(close)
  return { spool, directory, aside, corruptions, gone: gone.promise, close }
}

/** Bodies of events, each with its number as message, and padded to `bytes` when that is given. */
export function bodies(count: number, bytes = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const event = {
      involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name: 'podinfo' },
      message: String(index),
    }
    const length = JSON.stringify({ ...event, pad: '' }).length
    return bytes === 0
      ? JSON.stringify(event)
      : JSON.stringify({ ...event, pad: 'x'.repeat(Math.max(0, bytes - length)) })
  })
}

/** Adds them in their order, and in one transaction. */
export async function fill(spool: Spool, texts: readonly string[]): Promise<void> {
  const results = await spool.addAll(texts.map((body) => ({ body })))
  if (results.length < texts.length) throw new Error('the spool is full')
}

/** The folder of a spool file of 70 MB that is damaged from there on. */
export async function largeAndDamaged(from: number): Promise<string> {
  const { spool, directory, close } = testSpool()
  await fill(spool, bodies(25, 2_900_000))
  close()
  scribble(join(directory, 'spool.db'), from, 40 * 2 ** 20)
  return directory
}

/** Overwrites a part of a file, from one byte to before another. */
export function scribble(file: string, from: number, to: number): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.alloc(to - from, 0xff), 0, to - from, from)
  closeSync(descriptor)
}
