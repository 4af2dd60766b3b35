import { readFile } from 'node:fs/promises'
import { TOKEN_FORM } from '../relay/api/credentials.ts'

/** A token file that cannot be used. The message names the file, and never the token. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError'
}

/**
 * Reads the cluster's token; space around it is left out. Rejects with `TokenFileError`. It is read
 * for every request, so that a token that was replaced is in use at once: a mounted Secret changes
 * by a renamed link, which watching a file does not tell reliably.
 */
export async function readToken(file: string): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new TokenFileError(`token file ${file}: ${(error as Error).message}`)
  }
  const token = text.trim()
  if (token === '') throw new TokenFileError(`token file ${file} is empty`)
  if (TOKEN_FORM.test(token)) return token
  throw new TokenFileError(`token file ${file}: expected one token of visible ASCII characters`)
}
