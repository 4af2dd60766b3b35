import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Database } from '../../../adapters/sqlite/database.ts'
import type { DiskReserve } from '../../../adapters/sqlite/disk-reserve.ts'
import { DiskRoom } from '../../../hosts/shipper/spool/disk-room.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const MIB = 1024 * 1024

/** A disk that has so much beside what is reserved, and a database of which all is in its file. */
function disk(free: number, freePages = 0) {
  const file = join(temporaryDirectory(), 'spool.db')
  writeFileSync(file, Buffer.alloc(4_096))
  const held = { bytes: 0 }
  const reserve = {
    get bytes() {
      return held.bytes
    },
    free: () => free - held.bytes,
    grow(bytes: number) {
      if (bytes <= free) held.bytes = Math.max(held.bytes, bytes)
      return bytes <= free
    },
  }
  const pragmas: Readonly<Record<string, number>> = {
    'PRAGMA page_size': 4_096,
    'PRAGMA page_count': 1,
    'PRAGMA freelist_count': freePages,
  }
  const database = { file, get: (sql: string) => ({ value: pragmas[sql] }) }
  const room = new DiskRoom(
    database as unknown as Pick<Database, 'file' | 'get'>,
    reserve as unknown as DiskReserve,
    () => undefined,
  )
  return { room, held }
}

it.each([
  ['nothing is on its way', 0, true],
  ['as much again is on its way', 400_000, false],
])('has room on a disk of 3 MiB for half of one more, where %s', (_, pendingBytes, expected) => {
  const { room } = disk(3 * MIB)
  const pending = { events: 0, bytes: pendingBytes }
  expect(room.takes({ events: 1, bytes: 600_000 }, pending)).toBe(expected)
})

it('has room within the file where the disk has none', () => {
  const load = { events: 1, bytes: 0 }
  const none = { events: 0, bytes: 0 }
  // 2 MiB of pages that are free, and one for the event.
  expect(disk(0, 512).room.takes(load, none)).toBe(false)
  expect(disk(0, 513).room.takes(load, none)).toBe(true)
})

it('counts what was added since it looked', () => {
  const { room, held } = disk(3 * MIB)
  const load = { events: 1, bytes: 100_000 }
  const none = { events: 0, bytes: 0 }
  expect(room.takes(load, none)).toBe(true)
  expect(held.bytes).toBe(3 * MIB)
  // What was added is in the file by now, so each look finds room again.
  for (let index = 0; index < 20; index += 1) expect(room.takes(load, none)).toBe(true)
})
