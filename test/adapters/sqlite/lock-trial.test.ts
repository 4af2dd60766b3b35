import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import { refusesLocks } from '../../../adapters/sqlite/lock-trial.ts'
import { openFile } from '../../../adapters/sqlite/open-file.ts'
import { RELAY_SCHEMA } from '../../../adapters/sqlite/schema.ts'
import { closedDatabase, newFile } from './support/database-files.ts'

const BUSY = 5
const IOERR_LOCK = 3_850
const FULL = 13

function failWith(errcode: number) {
  return () => {
    throw Object.assign(new Error('no lock'), { errcode })
  }
}

it('tells a file that is in use from a file system that gives no locks', () => {
  const file = closedDatabase()
  const user = new DatabaseSync(file)
  user.exec('BEGIN EXCLUSIVE')
  const errorOf = (lock?: () => void) => {
    try {
      openFile(file, RELAY_SCHEMA, lock).letGo()
      return undefined
    } catch (error) {
      return error as DatabaseError
    }
  }
  expect(errorOf()).toMatchObject({ problem: 'busy' })
  const refused = errorOf(failWith(BUSY))
  expect(refused).toBeInstanceOf(DatabaseError)
  expect(refused?.problem).toBe('no-locks')
  expect(refused?.message).toBe(
    `${file}: its file system refuses the lock that keeps a second process away. Choose a data directory on a local disk, or mount this one with locks.`,
  )
  user.close()
  expect(readdirSync(dirname(file))).toEqual(['relay.db'])
})

it('believes only an error of a lock', () => {
  const prefix = newFile()
  expect(refusesLocks(prefix)).toBe(false)
  expect(refusesLocks(prefix, failWith(IOERR_LOCK))).toBe(true)
  expect(refusesLocks(prefix, failWith(FULL))).toBe(false)
  expect(refusesLocks(`${prefix}/of/a/folder/that/is/not/there`, failWith(BUSY))).toBe(false)
  expect(readdirSync(dirname(prefix))).toEqual([])
})
