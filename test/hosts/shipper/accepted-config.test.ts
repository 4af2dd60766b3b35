import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../../adapters/sqlite/database.ts'
import { AcceptedConfig } from '../../../hosts/shipper/spool/accepted-config.ts'
import { SPOOL_SCHEMA } from '../../../hosts/shipper/spool/schema.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

it('remembers when the last set was taken that the relay has, through restarts', async () => {
  const file = join(temporaryDirectory(), 'spool.db')
  const first = openDatabase(file, SPOOL_SCHEMA)
  const memory = new AcceptedConfig(first)
  expect(memory.lastTakenAt()).toBeUndefined()
  await memory.remember(1)
  await memory.remember(1_795_166_043_000)
  first.close()
  const second = openDatabase(file, SPOOL_SCHEMA)
  onTestFinished(() => second.close())
  expect(new AcceptedConfig(second).lastTakenAt()).toBe(1_795_166_043_000)
})
