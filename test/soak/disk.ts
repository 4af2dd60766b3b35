import { spawnSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from '../../bench/processes.ts'

/** The disk of all data; undefined `fill` where this user cannot mount one. */
export interface Disk {
  readonly directory: string
  /** Leaves no byte free, but to who deletes something. */
  readonly fill?: () => void
  readonly empty?: () => void
}

const BYTES = 2 * 2 ** 30

/** A disk in memory, gone with the bench. Only what is written to it takes memory. */
export function createDisk(bench: Bench): Disk {
  const directory = join(bench.directory, 'disk')
  mkdirSync(directory)
  if (!mount(`size=${BYTES}`, directory, 'tmpfs')) return { directory }
  bench.atEnd(() => void spawnSync('umount', ['-l', directory]))
  return {
    directory,
    fill() {
      const { blocks, bfree, bsize } = statfsSync(directory)
      mount(`remount,size=${(blocks - bfree) * bsize}`, directory)
    },
    empty() {
      mount(`remount,size=${BYTES}`, directory)
    },
  }
}

function mount(options: string, directory: string, type?: string): boolean {
  const kind = type === undefined ? [] : ['-t', type, type]
  return spawnSync('mount', [...kind, '-o', options, directory]).status === 0
}
