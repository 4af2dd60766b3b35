import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { downloadModule, go } from '../support/go.ts'
import { succeeds } from './commands.ts'
import { runUser } from './run-user.ts'

const MODULE = 'code.gitea.io/gitea'
const VERSION = '1.26.0'

const BUILD_WITHIN_MS = 1_800_000

/** https://docs.gitea.com/installation/install-from-source */
const FLAGS = ['-trimpath', '-ldflags=-s -w', '-tags=sqlite sqlite_unlock_notify']

/** What the server reads while it runs. */
const FILES = ['options', 'public', 'templates']

/** A folder with the program `gitea` and its files, or why there is none. */
export type GiteaProgram =
  | { readonly kind: 'ready'; readonly folder: string }
  | { readonly kind: 'missing'; readonly reason: string }

/**
 * Gitea, copied into the folder, where the user that it runs as can read it. It is built once, into
 * the cache folder, by the machine's Go and C compiler.
 */
export function fetchGitea(cacheFolder: string, folder: string): GiteaProgram {
  const built = join(cacheFolder, `gitea-${VERSION}`)
  try {
    const user = runUser()
    if (!existsSync(built)) build(cacheFolder, built)
    copy(built, folder)
    if (succeeds(join(folder, 'gitea'), ['--version'], { ...user, cwd: folder })) {
      return { kind: 'ready', folder }
    }
    throw new Error('what is built does not run')
  } catch (error) {
    return { kind: 'missing', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** In a copy of the module's folder, where its own go.mod counts, with all that it replaces. */
function build(cacheFolder: string, built: string): void {
  process.stdout.write('test:servers: building Gitea, once, which takes minutes\n')
  mkdirSync(cacheFolder, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-gitea-'))
  // One that is broken off is not taken for a whole one.
  const part = `${built}.part`
  rmSync(part, { recursive: true, force: true })
  try {
    const source = join(folder, 'source')
    copy(downloadModule(folder, MODULE, `v${VERSION}`).Dir, source)
    go(source, ['build', ...FLAGS, '-o', join(part, 'gitea'), '.'], {
      variables: { CGO_ENABLED: '1' },
      withinMs: BUILD_WITHIN_MS,
    })
    for (const name of FILES) copy(join(source, name), join(part, name))
    renameSync(part, built)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A module's folder may be written by nobody, so that a copy of that kind could not be removed. */
function copy(from: string, to: string): void {
  const isCopied = succeeds('cp', ['-R', from, to]) && succeeds('chmod', ['-R', 'u=rwX,go=rX', to])
  if (!isCopied) throw new Error(`${from} cannot be copied to ${to}`)
}
