import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { fieldErrors, fieldErrorText } from '../relay/errors.ts'
import type { ClusterTokens } from '../relay/intake/credentials.ts'
import { ClusterName } from '../relay/model/config.ts'

/** Who may do what: the content of `--tokens FILE`. */
export interface Tokens {
  readonly operators: ClusterTokens
  /** By cluster. */
  readonly clusters: ReadonlyMap<string, ClusterTokens>
}

/** A tokens file that cannot be used. The message names file and field, and never a token. */
export class TokensFileError extends Error {
  override readonly name = 'TokensFileError'
}

/** Reads `--tokens FILE`. Rejects with `TokensFileError`. */
export async function loadTokens(file: string): Promise<Tokens> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new TokensFileError(`${file}: ${(error as Error).message}`)
  }
  return parseTokens(text, file)
}

const Token = z
  .string('expected text; quote a token that looks like a number')
  .min(1, 'expected a token, not empty text')
  .regex(/^[!-~]*$/, 'expected visible ASCII characters without spaces, which headers can carry')

const TokenList = z
  .union([Token.transform((token) => [token]), z.array(Token).min(1, 'expected a token')])
  .or(z.never())

const TokensFile = z.strictObject({
  operators: oneOrMore().default([]),
  clusters: z.record(ClusterName, oneOrMore()).default({}),
})

/** Reads the text of a tokens file, whose name is for messages. Throws `TokensFileError`. */
export function parseTokens(text: string, file: string): Tokens {
  const refuse = (errors: readonly string[]) =>
    new TokensFileError(errors.map((error) => `${file}: ${error}`).join('\n'))
  const parsed = TokensFile.safeParse(readYaml(text, refuse))
  if (!parsed.success) throw refuse(fieldErrors(parsed.error.issues).map(fieldErrorText))
  const { operators, clusters } = parsed.data
  const repeated = repeatedTokens(operators, clusters)
  if (repeated.length > 0) throw refuse(repeated)
  return { operators, clusters: new Map(Object.entries(clusters)) }
}
