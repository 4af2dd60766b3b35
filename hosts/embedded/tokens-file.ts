import { stat } from 'node:fs/promises'
import type { Log } from '../kit/log.ts'
import { loadTokens, type TokensFileContent, TokensFileError } from './tokens.ts'

/** A tokens file in use: one that changes counts without a restart. */
export interface TokensFile {
  /** The content of the last version that could be read. */
  readonly tokens: TokensFileContent
  /** Looks at the file now, and resolves with its content then. Never rejects. */
  latest(): Promise<TokensFileContent>
  /** Looks at the file no more. */
  close(): void
}

export interface TokensFileOptions {
  readonly file: string
  /** Called for each version that cannot be used, with why; the one before stays in force. */
  readonly onProblem: (error: unknown) => void
  readonly onChange?: () => void
  /** Milliseconds between two looks. */
  readonly intervalMs?: number
  /** Reads the file; a test may put another in its place. */
  readonly load?: typeof loadTokens
}

/** Reads the file, and looks for changes now and then. Rejects with `TokensFileError`. */
export async function openTokensFile(options: TokensFileOptions): Promise<TokensFile> {
  const { file, onProblem, onChange, intervalMs = 1_000, load = loadTokens } = options
  let seen = await signatureOf(file)
  let tokens = await load(file)
  /** The version that could not be read, which was told. */
  let unread: string | undefined

  const lookOnce = async () => {
    const signature = await signatureOf(file)
    if (signature === seen) return
    try {
      tokens = await load(file)
      onChange?.()
    } catch (error) {
      const isUnread = error instanceof TokensFileError && !error.isContent
      if (!isUnread || signature !== unread) onProblem(error)
      // What a system without descriptors or a disk refuses now, it gives later, and the file is the same then.
      if (isUnread) {
        unread = signature
        return
      }
    }
    seen = signature
    unread = undefined
  }
  // One after the other: a look that waits for another one's load would miss what that found.
  let looked: Promise<void> = Promise.resolve()
  const look = () => {
    looked = looked.then(lookOnce)
    return looked
  }
  const timer = setInterval(() => void look(), intervalMs)
  timer.unref()
  return {
    get tokens() {
      return tokens
    },
    async latest() {
      await look()
      return tokens
    },
    close: () => clearInterval(timer),
  }
}

/** The same of `--tokens`, if that is given, with what becomes of the file in a log. */
export async function openLoggedTokens(
  file: string | undefined,
  log: Log,
  onChange: () => void,
): Promise<TokensFile | undefined> {
  if (file === undefined) return undefined
  return openTokensFile({
    file,
    onChange() {
      log.info({ file }, 'tokens loaded')
      onChange()
    },
    onProblem: (error) =>
      log.error(
        { problem: (error as Error).message },
        'tokens could not be loaded; the earlier ones stay valid',
      ),
  })
}

/** A text that changes when the content of the file may have changed, or when it comes or goes. */
async function signatureOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file)
    return [ino, size, mtimeMs, ctimeMs].join(':')
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
