import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { TokensFileError } from '../../../hosts/embedded/tokens.ts'
import { openTokensFile } from '../../../hosts/embedded/tokens-file.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { waitFor } from '../../support/wait-for.ts'

async function open(text: string) {
  const file = join(temporaryDirectory(), 'tokens.yaml')
  const replace = (next: string) => {
    writeFileSync(`${file}.next`, next)
    renameSync(`${file}.next`, file)
  }
  replace(text)
  const problems: unknown[] = []
  const onProblem = (error: unknown) => void problems.push(error)
  const tokensFile = await openTokensFile({ file, onProblem, intervalMs: 5 })
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

it('is refused at the start when it is wrong', async () => {
  await expect(open('operators: 7')).rejects.toThrow(TokensFileError)
})
