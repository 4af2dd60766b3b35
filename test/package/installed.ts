import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { type Program, type ProgramOptions, ROOT, startProgram } from '../support/relay-process.ts'

/** The package as it is published, and a folder into which npm has installed it. */
export interface InstalledPackage {
  /** The packed file. */
  readonly archive: string
  /** Its size in bytes. */
  readonly archiveBytes: number
  /** The folder in which a person works: empty but for what npm made. */
  readonly folder: string
  /** The package's files. */
  readonly root: string
  /** An empty folder of an npm that has never fetched anything. */
  readonly emptyFolder: string
  /** Runs a command in the folder, as that person's shell would. */
  run(command: string, args: readonly string[], options?: ProgramOptions): Program
  remove(): void
}

/**
 * Packs what `npm run package` writes and installs it, from nothing but that file: npm has no network
 * and a cache of its own.
 */
export function installPackage(): InstalledPackage {
  const base = mkdtempSync(join(tmpdir(), 'flux-relay-package-'))
  const [folder, emptyFolder] = [join(base, 'here'), join(base, 'empty')]
  for (const each of [folder, emptyFolder]) mkdirSync(each)
  const environment = environmentOf(base)
  const npm = (cwd: string, ...args: readonly string[]) =>
    execFileSync('npm', [...args], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    })
  npm(ROOT, 'run', 'package', '--', join(base, 'package'))
  const [packed] = JSON.parse(npm(base, 'pack', './package', '--json')) as { filename: string }[]
  const archive = join(base, packed?.filename ?? '')
  npm(folder, 'install', archive)
  return {
    archive,
    archiveBytes: statSync(archive).size,
    folder,
    root: join(folder, 'node_modules/flux-relay'),
    emptyFolder,
    run: (command, args, options = {}) =>
      startProgram(command, args, {
        cwd: folder,
        ...options,
        environment: { ...environment, ...options.environment },
      }),
    remove: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** This Node comes first, and nothing of the repository is to be found. */
function environmentOf(base: string): Readonly<Record<string, string>> {
  const others = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.startsWith(ROOT))
  return {
    PATH: [dirname(process.execPath), ...others].join(delimiter),
    npm_config_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_cache: join(base, 'cache'),
    NODE_COMPILE_CACHE: '',
  }
}
