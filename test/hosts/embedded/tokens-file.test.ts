import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { observedClusters } from '../../../hosts/embedded/observed-clusters.ts'
import { loadTokens, TokensFileError } from '../../../hosts/embedded/tokens.ts'
import { openTokensFile } from '../../../hosts/embedded/tokens-file.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { waitFor } from '../../support/wait-for.ts'

async function open(text: string, intervalMs = 5) {
  const file = join(temporaryDirectory(), 'tokens.yaml')
  const replace = (next: string) => {
    writeFileSync(`${file}.next`, next)
    renameSync(`${file}.next`, file)
  }
  replace(text)
  const problems: unknown[] = []
  const onProblem = (error: unknown) => void problems.push(error)
  const tokensFile = await openTokensFile({ file, onProblem, intervalMs })
  onTestFinished(() => tokensFile.close())
  return { file, replace, problems, tokensFile }
}

it('takes another version, and keeps the one before while a version is wrong or gone', async () => {
  const { file, replace, problems, tokensFile } = await open('operators: [one]')
  expect(tokensFile.tokens.operators).toMatchObject([{ tokens: ['one'] }])
  replace('operators: [two]')
  await waitFor(() => expect(tokensFile.tokens.operators).toMatchObject([{ tokens: ['two'] }]))
  replace('operators: 7')
  await waitFor(() => expect(problems).toEqual([expect.any(TokensFileError)]))
  rmSync(file)
  await waitFor(() => expect(problems).toHaveLength(2))
  expect(tokensFile.tokens.operators).toMatchObject([{ tokens: ['two'] }])
  replace('operators: [three]')
  await waitFor(() => expect(tokensFile.tokens.operators).toMatchObject([{ tokens: ['three'] }]))
  expect(problems).toHaveLength(2)
})

it('reads a version again that could not be read, and tells so once', async () => {
  const file = join(temporaryDirectory(), 'tokens.yaml')
  writeFileSync(file, 'operators: [one]')
  let refusals = 0
  const problems: unknown[] = []
  const tokensFile = await openTokensFile({
    file,
    onProblem: (error) => void problems.push(error),
    intervalMs: 3_600_000,
    async load(name) {
      if (refusals === 0) return loadTokens(name)
      refusals -= 1
      // A folder cannot be read as a file.
      return loadTokens(dirname(name))
    },
  })
  onTestFinished(() => tokensFile.close())
  writeFileSync(file, 'operators: [another]')
  refusals = 2
  for (let look = 0; look < 2; look += 1) {
    expect((await tokensFile.latest()).operators).toMatchObject([{ tokens: ['one'] }])
    expect(problems).toEqual([expect.any(TokensFileError)])
  }
  expect((await tokensFile.latest()).operators).toMatchObject([{ tokens: ['another'] }])
  expect(problems).toHaveLength(1)

  writeFileSync(file, 'operators: 7')
  refusals = 1
  for (let look = 0; look < 3; look += 1) await tokensFile.latest()
  const messages = problems.map((problem) => (problem as Error).message)
  expect(messages).toEqual([
    expect.stringContaining('EISDIR'),
    expect.stringContaining('EISDIR'),
    expect.stringContaining('operators'),
  ])
})

it('is refused at the start when it is wrong', async () => {
  await expect(open('operators: 7')).rejects.toThrow(TokensFileError)
})

it('tells each who asks for the latest what the file has at that time', async () => {
  const { replace, tokensFile } = await open('operators: [one]', 3_600_000)
  replace('operators: [two]')
  expect(tokensFile.tokens.operators).toMatchObject([{ tokens: ['one'] }])
  for (const { operators } of await Promise.all([tokensFile.latest(), tokensFile.latest()])) {
    expect(operators).toMatchObject([{ tokens: ['two'] }])
  }
})

it('takes an observed cluster live at once, and looks at no file for a live one', async () => {
  const observed = 'clusters: {prod: {token: a, observe: true}, dev: b}'
  const { replace, tokensFile } = await open(observed, 3_600_000)
  const modes = observedClusters(tokensFile)
  expect(await modes.isObserved('prod')).toBe(true)
  replace('clusters: {prod: a, dev: b}')
  expect(await modes.isObserved('dev')).toBe(false)
  expect(tokensFile.tokens.observed).toEqual(new Set(['prod']))
  expect(await modes.isObserved('prod')).toBe(false)
  expect(await observedClusters(undefined).isObserved('prod')).toBe(false)
})

it('keeps the mode of a cluster that is deleted, until it has tokens again', async () => {
  const retired = 'retired: {prod: {at: 2026-11-30T00:00:00Z, tokens: [a], observe: true}}'
  const { replace, tokensFile } = await open(
    'clusters: {prod: {token: a, observe: true}}',
    3_600_000,
  )
  const modes = observedClusters(tokensFile)
  replace(retired)
  expect(await modes.isObserved('prod')).toBe(true)
  expect(await modes.isObserved('prod')).toBe(true)
  replace(`clusters: {prod: a}\n${retired}`)
  expect(await modes.isObserved('prod')).toBe(false)
  replace(retired.replace(', observe: true', ''))
  await tokensFile.latest()
  expect(await modes.isObserved('prod')).toBe(false)
})
