import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { closedDatabase, newFile, openElsewhere, snapshot } from './support/database-files.ts'

const NOBODY = 65_534

/** Rights do not bind root, so there another user tries: undefined for the user of this process. */
const user = process.getuid?.() === 0 ? NOBODY : undefined

/** That user may be unable to run anything from where this project is. */
const canTry = openElsewhere('/missing/relay.db', user) === 'no-access'

describe.skipIf(!canTry)('openDatabase without the rights', () => {
  it('refuses a file that it cannot read', () => {
    expectNoAccess(closedDatabase(), (file) => chmodSync(file, 0o200))
  })

  it('refuses a file that it cannot write', () => {
    expectNoAccess(closedDatabase(), (file) => chmodSync(file, 0o444))
  })

  it('refuses a directory that it cannot write', () => {
    expectNoAccess(closedDatabase(), (file) => {
      chmodSync(file, 0o666)
      chmodSync(dirname(file), 0o555)
    })
    expectNoAccess(newFile(), (file) => chmodSync(dirname(file), 0o555))
  })
})

function expectNoAccess(file: string, restrict: (file: string) => void): void {
  chmodSync(dirname(file), 0o777)
  restrict(file)
  const before = snapshot(file)
  const problem = openElsewhere(file, user)
  chmodSync(dirname(file), 0o777)
  expect(problem).toBe('no-access')
  expect(snapshot(file)).toEqual(before)
}
