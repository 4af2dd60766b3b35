import { text } from 'node:stream/consumers'
import { readUrl } from '../../client/http-relay.ts'
import { readToken, TokenFileError } from '../../client/token-file.ts'
import { UsageError } from '../../client/usage-error.ts'
import { TOKEN_FORM } from '../../relay/api/credentials.ts'
import { printLine } from '../output/print.ts'
import { changeContexts } from './context-file.ts'

export interface ContextFlags {
  readonly relay?: string
  readonly stack?: string
  readonly cluster?: string
  readonly tokenFile?: string
}

/** Short, and nothing that a shell would read otherwise. */
const NAME = /^[A-Za-z0-9][\w.-]{0,62}$/

/** Stores a context in the place of one of that name; the first one is in use. Rejects with `UsageError`. */
export async function addContext(
  variables: Readonly<Record<string, string | undefined>>,
  name: string,
  { relay, stack, cluster, tokenFile }: ContextFlags,
): Promise<void> {
  if (!NAME.test(name)) {
    throw new UsageError('expected a name of letters, digits, dots, _ and - for the context', 2)
  }
  if ((relay === undefined) === (stack === undefined)) {
    throw new UsageError('expected --relay URL, or --stack NAME for a relay on AWS', 2)
  }
  if (stack !== undefined && tokenFile !== undefined) {
    throw new UsageError('--token-file: a relay on AWS knows you by your AWS credentials', 2)
  }
  if (relay !== undefined) readUrl(relay)
  const token = tokenFile === undefined ? undefined : await tokenIn(tokenFile)
  const context = {
    name,
    ...(relay !== undefined && { relay }),
    ...(stack !== undefined && { stack }),
    ...(cluster !== undefined && { cluster }),
    ...(token !== undefined && { token }),
  }
  let done = ''
  await changeContexts(variables, ({ current = name, contexts }) => {
    const others = contexts.filter((it) => it.name !== name)
    const isNew = others.length === contexts.length
    done = `${isNew ? 'added' : 'changed'}${current === name ? ', and in use' : ''}`
    return {
      current,
      contexts: [...others, context].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }
  })
  printLine(`context ${name} ${done}`)
}

async function tokenIn(file: string): Promise<string> {
  if (file !== '-') {
    return readToken(file).catch((error: unknown) => {
      if (error instanceof TokenFileError) throw new UsageError(error.message, 1)
      throw error
    })
  }
  const token = (await text(process.stdin)).trim()
  if (TOKEN_FORM.test(token)) return token
  throw new UsageError('--token-file -: expected one token of visible ASCII characters', 1)
}
