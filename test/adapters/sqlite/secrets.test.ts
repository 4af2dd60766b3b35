import { statSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { SqliteSecretStore } from '../../../adapters/sqlite/secrets.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import { InvalidSecret } from '../../../relay/ports/secret-store.ts'
import { newFile } from './support/database-files.ts'

const NAME = ['prod', 'flux-system', 'slack'] as const

describe('SqliteSecretStore', () => {
  it('keeps Secrets over a restart, in a file that only its owner can read', async () => {
    const file = newFile()
    const first = openRelayDatabase(file)
    await new SqliteSecretStore(first).write(...NAME, { token: 'hunter2' })
    expect(statSync(`${file}-wal`).mode & 0o077).toBe(0)
    await first.close()
    expect(statSync(file).mode & 0o077).toBe(0)
    const second = openRelayDatabase(file)
    expect(await new SqliteSecretStore(second).read(...NAME)).toMatchObject({
      data: { token: 'hunter2' },
    })
    await second.close()
  })

  it('forgets those of a cluster, and of no other', async () => {
    const database = openRelayDatabase(newFile())
    onTestFinished(() => database.close())
    const secrets = new SqliteSecretStore(database)
    const other = ['prod-eu', 'flux-system', 'slack'] as const
    const names: readonly (readonly [string, string, string])[] = [NAME, other]
    for (const name of names) await secrets.write(...name, { token: 'hunter2' })
    expect(await secrets.forget('prod')).toBe(true)
    expect(await secrets.forget('prod')).toBe(false)
    expect(await secrets.read(...NAME)).toBeUndefined()
    expect(await secrets.read(...other)).toMatchObject({ data: { token: 'hunter2' } })
  })

  it.each(['{"token":"hun', '{"token":7}', '["hunter2"]'])(
    'tells that %s is no Secret, and nothing of what is in it',
    async (data) => {
      const database = openRelayDatabase(newFile())
      onTestFinished(() => database.close())
      const secrets = new SqliteSecretStore(database)
      await secrets.write(...NAME, { token: 'hunter2' })
      await database.write([change('UPDATE secrets SET data = ?', data)])
      const reading = secrets.read(...NAME)
      await expect(reading).rejects.toBeInstanceOf(InvalidSecret)
      await expect(reading).rejects.toThrow(
        /^the stored Secret prod\/flux-system\/slack is damaged: put it again \(secret put\)$/,
      )
    },
  )
})
