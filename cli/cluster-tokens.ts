import { type Document, parseDocument } from 'yaml'
import { UsageError } from '../client/usage-error.ts'
import {
  isRecoverable,
  parseTokensFile,
  type TokensFileContent,
  TokensFileError,
} from '../hosts/embedded/tokens.ts'
import { changeFile } from './changed-file.ts'
import type { ClusterTokensStore, TokensEdit } from './cluster-tokens-store.ts'
import { newToken } from './new-token.ts'
import { warnLine } from './output/print.ts'

/**
 * The file that an embedded relay has as `--tokens`, changed in one step, by one command at a time, and with its comments kept.
 * One that is not there is made, with a token for operators. Rejects with `UsageError`.
 */
export function tokensInFile(file: string): ClusterTokensStore {
  /** `edit` gives whether it changed the document. */
  const change = async (edit: (document: Document, stored: TokensFileContent) => boolean) => {
    let isChanged = false
    let isNew = false
    await tried(
      file,
      changeFile(file, (stored) => {
        isNew = stored === undefined
        const text = stored ?? `operators:\n  - ${newToken()}\n`
        const content = parsed(text, file)
        const document = parseDocument(text)
        isChanged = edit(document, content)
        return isChanged ? document.toString() : undefined
      }),
    )
    if (isChanged && isNew) warnLine(`created ${file} with a token for operators`)
    return isChanged
  }
  const set = (cluster: string, edit: TokensEdit, isObserved?: boolean) =>
    change((document, { clusters, observed }) => {
      const tokens = clusters.get(cluster)
      if (tokens === undefined) return false
      const stays = isObserved ?? observed?.has(cluster) === true
      put(document, cluster, entryOf(document, edit(tokens), stays))
      return true
    })
  return {
    async create(cluster, tokens, { isObserved }) {
      let result: 'created' | 'exists' | 'retired' = 'created'
      await change((document, { clusters, retired }) => {
        const before = retired.get(cluster)
        if (clusters.has(cluster)) result = 'exists'
        else if (before && isRecoverable(before, Date.now())) result = 'retired'
        else put(document, cluster, entryOf(document, tokens, isObserved))
        return result === 'created'
      })
      return result
    },
    replace: (cluster, edit) => set(cluster, edit),
    retire: (cluster) =>
      change((document, { clusters, observed }) => {
        const tokens = clusters.get(cluster)
        if (tokens === undefined) return false
        document.deleteIn(['clusters', cluster])
        const at = new Date().toISOString()
        const mode = observed?.has(cluster) ? { observe: true } : {}
        document.setIn(
          ['retired', cluster],
          document.createNode({ at, tokens: [...tokens], ...mode }),
        )
        return true
      }),
    async restore(cluster, isObserved) {
      await change((document, { retired }) => {
        const known = retired.get(cluster)
        if (known === undefined) return false
        const { tokens, observe = false } = known
        put(document, cluster, entryOf(document, tokens, observe || isObserved))
        return true
      })
    },
    setObserved: (cluster, isObserved) => set(cluster, (tokens) => tokens, isObserved),
  }
}

/** Puts a cluster into the file, which then keeps nothing more of one of this name that was deleted. */
function put(document: Document, cluster: string, entry: ReturnType<typeof entryOf>): void {
  document.setIn(['clusters', cluster], entry)
  if (document.hasIn(['retired', cluster])) document.deleteIn(['retired', cluster])
}

/** What a tokens file has of a cluster: its tokens alone, or with its mode. */
function entryOf(document: Document, tokens: readonly string[], isObserved: boolean) {
  return document.createNode(isObserved ? { token: [...tokens], observe: true } : [...tokens])
}

function parsed(text: string, file: string): TokensFileContent {
  try {
    return parseTokensFile(text, file)
  } catch (error) {
    if (error instanceof TokensFileError) throw new UsageError(error.message, 1)
    throw error
  }
}

/** What the system says of the file as an error for a person. */
async function tried(file: string, change: Promise<void>): Promise<void> {
  try {
    await change
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--tokens ${file}: ${(error as Error).message}`, 1)
  }
}
