import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { parseTokens, TokensFileError } from '../embedded/tokens.ts'
import { newToken } from './new-token.ts'
import { warnLine } from './output/print.ts'
import { UsageError } from './usage-error.ts'

/** Where the tokens of clusters are kept, the newest of each first. */
export interface ClusterTokensStore {
  /** Undefined for a cluster that has none. */
  read(cluster: string): Promise<readonly string[] | undefined>
  /** False, and nothing changed, when the cluster has tokens already. */
  create(cluster: string, tokens: readonly string[]): Promise<boolean>
  /** False when the cluster has no tokens. */
  replace(cluster: string, tokens: readonly string[]): Promise<boolean>
}

/**
 * The file that an embedded relay has as `--tokens`, changed in one step and with its comments kept.
 * One that is not there is made, with a token for operators. Rejects with `UsageError`.
 */
export function tokensInFile(file: string): ClusterTokensStore {
  const change = async (cluster: string, tokens: readonly string[], isThere: boolean) => {
    const stored = await readText(file)
    const text = stored ?? `operators:\n  - ${newToken()}\n`
    if (parsed(text, file).clusters.has(cluster) !== isThere) return false
    const document = parseDocument(text)
    document.setIn(['clusters', cluster], [...tokens])
    await replaceFile(file, document.toString())
    if (stored === undefined) warnLine(`${file} is new, with a token for operators in it`)
    return true
  }
  return {
    async read(cluster) {
      const text = await readText(file)
      return text === undefined ? undefined : parsed(text, file).clusters.get(cluster)
    },
    create: (cluster, tokens) => change(cluster, tokens, false),
    replace: (cluster, tokens) => change(cluster, tokens, true),
  }
}

function parsed(text: string, file: string) {
  try {
    return parseTokens(text, file)
  } catch (error) {
    if (error instanceof TokensFileError) throw new UsageError(error.message, 1)
    throw error
  }
}

/** Undefined when there is no such file. */
async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new UsageError(`--tokens ${file}: ${message}`, 1)
  }
}

/** A reader sees the file before or after, and who may read it stays the same. */
async function replaceFile(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}.tmp`
  try {
    const mode = await stat(file).then(
      (stats) => stats.mode & 0o777,
      () => 0o600,
    )
    await writeFile(next, text, { mode, flag: 'wx' })
    await rename(next, file)
  } catch (error) {
    throw new UsageError(`--tokens ${file}: ${(error as Error).message}`, 1)
  }
}
