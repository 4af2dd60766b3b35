import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { changeFile, FileInUse } from '../../cli/changed-file.ts'
import { tokensInFile } from '../../cli/cluster-tokens.ts'
import { loadTokens } from '../../hosts/embedded/tokens.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const execFileAsync = promisify(execFile)

const NOBODY = 65_534

describe('a file that is changed', () => {
  it('keeps what each of several changes at the same time did', async () => {
    const file = join(temporaryDirectory(), 'file')
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    const add = (number: number) => changeFile(file, (text = '') => `${text}${number}\n`)
    await Promise.all(numbers.map(add))
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map(Number)
    expect(lines.toSorted((a, b) => a - b)).toEqual(numbers)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('has the tokens of all clusters that were created at the same time', async () => {
    const file = join(temporaryDirectory(), 'tokens.yaml')
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const create = (name: string) => {
      const options = { hasKeys: false, isObserved: false }
      return tokensInFile(file).create(name, [`token-of-${name}`], options)
    }
    await Promise.all(names.map(create))
    expect([...(await loadTokens(file)).clusters.keys()].toSorted()).toEqual(names)
  })

  it('has the tokens of all changes that were made at the same time', async () => {
    const file = join(temporaryDirectory(), 'tokens.yaml')
    const store = tokensInFile(file)
    await store.create('prod', ['a'], { hasKeys: false, isObserved: false })
    const added = ['b', 'c', 'd', 'e', 'f']
    await Promise.all([
      ...added.map((token) => store.replace('prod', (tokens) => [...tokens, token])),
      store.setObserved('prod', true),
    ])
    const { clusters, observed } = await loadTokens(file)
    expect(clusters.get('prod')?.toSorted()).toEqual(['a', ...added])
    expect(observed?.has('prod')).toBe(true)
  })

  it('keeps the tokens of a cluster that is deleted and created at the same time', async () => {
    const file = join(temporaryDirectory(), 'tokens.yaml')
    const store = tokensInFile(file)
    const create = (token: string) =>
      store.create('prod', [token], { hasKeys: false, isObserved: false })
    await create('a')
    const [isRetired, created] = await Promise.all([store.retire('prod'), create('b')])
    expect([isRetired, created]).toEqual([true, expect.stringMatching(/^(exists|retired)$/)])
    await store.restore('prod', false)
    expect((await loadTokens(file)).clusters.get('prod')).toEqual(['a'])
  })

  it('has its owner and mode of before, and is where its link leads', async () => {
    const folder = temporaryDirectory()
    const [file, link] = [join(folder, 'file'), join(folder, 'link')]
    writeFileSync(file, 'a')
    chmodSync(file, 0o640)
    // Nobody else may do that, and for them the owner is the same anyway.
    if (process.getuid?.() === 0) chownSync(file, NOBODY, NOBODY)
    const before = statSync(file)
    symlinkSync(file, link)
    await changeFile(link, (text) => `${text}b`)
    expect(readFileSync(file, 'utf8')).toBe('ab')
    const { mode, uid, gid } = statSync(file)
    expect([mode, uid, gid]).toEqual([before.mode, before.uid, before.gid])
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it('is made where a link leads at which there is none yet', async () => {
    const folder = temporaryDirectory()
    mkdirSync(join(folder, 'other'))
    symlinkSync('other/second', join(folder, 'first'))
    symlinkSync('file', join(folder, 'other', 'second'))
    await changeFile(join(folder, 'first'), () => 'a')
    expect(readFileSync(join(folder, 'other', 'file'), 'utf8')).toBe('a')
    expect(lstatSync(join(folder, 'first')).isSymbolicLink()).toBe(true)
    // A link is read from the folder that it is in, wherever the way to it leads.
    mkdirSync(join(folder, 'other', 'deep'))
    symlinkSync('other/deep', join(folder, 'short'))
    symlinkSync('../beside', join(folder, 'other', 'deep', 'up'))
    await changeFile(join(folder, 'short', 'up'), () => 'b')
    expect(readFileSync(join(folder, 'short', 'up'), 'utf8')).toBe('b')
    symlinkSync('round', join(folder, 'round'))
    await expect(changeFile(join(folder, 'round'), () => 'a')).rejects.toThrow('ELOOP')
  })

  // Only root may become somebody else.
  it.skipIf(process.getuid?.() !== 0)(
    'keeps its group where this user is in that, and no other group gets to read it',
    async () => {
      const folder = temporaryDirectory()
      chmodSync(folder, 0o777)
      const [ours, theirs, own] = [7_001, 7_002, 7_003]
      for (const [name, mode, owner, group] of [
        ['of ours', 0o640, 0, ours],
        ['of theirs', 0o660, own, theirs],
        ['of all', 0o664, 0, theirs],
      ] as const) {
        const file = join(folder, name)
        writeFileSync(file, 'a')
        chownSync(file, owner, group)
        chmodSync(file, mode)
      }
      await execFileAsync(process.execPath, [
        '--input-type=module',
        `--eval=import { changeFile } from '${new URL('../../cli/changed-file.ts', import.meta.url)}'
        process.setgroups([${ours}])
        process.setgid(${own})
        process.setuid(${own})
        for (const file of ${JSON.stringify(readdirSync(folder))})
          await changeFile('${folder}/' + file, (text) => text + 'b')`,
      ])
      const about = readdirSync(folder).map((name) => {
        const { mode, uid, gid } = statSync(join(folder, name))
        return [name, readFileSync(join(folder, name), 'utf8'), uid, gid, mode & 0o777]
      })
      expect(about).toEqual([
        ['of all', 'ab', own, own, 0o644],
        ['of ours', 'ab', own, ours, 0o640],
        ['of theirs', 'ab', own, own, 0o600],
      ])
    },
  )

  // Only root may give the file to others.
  it.skipIf(process.getuid?.() !== 0)(
    'is changed where its owner and group have no numbers, as in a container without root',
    async () => {
      const file = join(temporaryDirectory(), 'file')
      writeFileSync(file, 'a')
      chownSync(file, NOBODY, NOBODY)
      chmodSync(file, 0o664)
      const handle = await promises.open(file)
      await handle.close()
      // See user_namespaces(7): chown(2) fails so for numbers that are not mapped.
      const invalid = Object.assign(new Error('EINVAL: invalid argument'), { code: 'EINVAL' })
      const chown = vi.spyOn(Object.getPrototypeOf(handle), 'chown').mockRejectedValue(invalid)
      try {
        await changeFile(file, (text) => `${text}b`)
      } finally {
        chown.mockRestore()
      }
      expect(readFileSync(file, 'utf8')).toBe('ab')
      expect(statSync(file).mode & 0o777).toBe(0o644)
    },
  )

  it('stays as it is, with nothing beside it, where there is no change', async () => {
    const folder = temporaryDirectory()
    const file = join(folder, 'file')
    await changeFile(file, () => undefined)
    expect(readdirSync(folder)).toEqual([])
    writeFileSync(file, 'a')
    const wrong = changeFile(file, () => {
      throw new Error('it is wrong')
    })
    await expect(wrong).rejects.toThrow('it is wrong')
    expect([readdirSync(folder), readFileSync(file, 'utf8')]).toEqual([['file'], 'a'])
  })

  it('leaves what the next change of it makes as soon as it is in its place', async () => {
    const folder = temporaryDirectory()
    const file = join(folder, 'file')
    writeFileSync(file, 'a')
    const { rename } = promises
    promises.rename = async (...paths) => {
      await rename(...paths)
      // The next change waits for the name that this one gives up.
      writeFileSync(`${file}.new`, 'of the next', { flag: 'wx' })
    }
    syncBuiltinESMExports()
    try {
      await changeFile(file, (text) => `${text}b`)
    } finally {
      promises.rename = rename
      syncBuiltinESMExports()
    }
    expect([readFileSync(file, 'utf8'), readFileSync(`${file}.new`, 'utf8')]).toEqual([
      'ab',
      'of the next',
    ])
  })

  it('is left alone while another change does not end', async () => {
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(`${file}.new`, 'of another')
    const edit = () => expect.unreachable('it is in use')
    await expect(changeFile(file, edit, { mostWaitMs: 50 })).rejects.toThrow(FileInUse)
    expect(readFileSync(`${file}.new`, 'utf8')).toBe('of another')
  })
})
