import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { makeFolder } from '../../../hosts/kit/make-folder.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

it('makes a folder and those above it, for this user alone', () => {
  const base = temporaryDirectory()
  const folder = join(base, 'a', 'b')
  makeFolder(folder)
  makeFolder(folder)
  for (const made of [join(base, 'a'), folder]) expect(statSync(made).mode & 0o777).toBe(0o700)
})

it('takes one that another process makes meanwhile', () => {
  const folder = join(temporaryDirectory(), 'a')
  makeFolder(folder, (directory) => {
    mkdirSync(directory)
    throw new Error('EEXIST')
  })
  expect(statSync(folder).isDirectory()).toBe(true)
})

it('takes no file for a folder', () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  expect(() => makeFolder(file)).toThrow(/EEXIST/)
  expect(() => makeFolder(join(file, 'a', 'b'))).toThrow(/ENOTDIR/)
})

it('asks a file system that refuses once, whatever it says', () => {
  const refuse = vi.fn(() => {
    throw Object.assign(new Error('no such file or directory'), { code: 'ENOENT' })
  })
  const folder = join(temporaryDirectory(), 'a')
  expect(() => makeFolder(join(folder, 'b'), refuse)).toThrow('no such file')
  expect(refuse.mock.calls).toEqual([[folder, { mode: 0o700 }]])
})
