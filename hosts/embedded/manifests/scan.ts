import type { Stats } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** A manifest file as it was found. */
export interface ManifestFile {
  /** Relative to the folder, with `/`. */
  readonly file: string
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
  /** A text that changes when the content may have changed. */
  readonly signature: string
}

/** A file or a folder that cannot be looked into. What it held before may still be there. */
export interface UnreadableFile {
  readonly file: string
  readonly problem: string
}

export type FolderEntry = ManifestFile | UnreadableFile

export function isManifestFile(entry: FolderEntry): entry is ManifestFile {
  return 'path' in entry
}

/** A text that changes when the entry may have changed. */
export function entrySignature(entry: FolderEntry): string {
  return isManifestFile(entry) ? entry.signature : `${entry.file}:${entry.problem}`
}

/** A text that changes when anything in the folder may have changed. */
export function signatureOf(entries: readonly FolderEntry[]): string {
  return entries.map(entrySignature).join('\n')
}

/** The folder itself, as an entry's `file`. */
export const ROOT = '.'

/** Manifest files and subfolders together; far above any real folder, and a bound on one look. */
export const MAX_ENTRIES = 10_000
export const MAX_FOLDER_DEPTH = 16

const MANIFEST_NAME = /\.(?:ya?ml|json)$/i

/**
 * Lists the manifest files of a folder and its subfolders, or the one file that `root` names, in
 * path order. Links are followed. Names that start with a dot are left out: a Kubernetes ConfigMap
 * mount holds each file a second time under `..data`. Never rejects for what the disk does.
 */
export async function scanManifests(
  root: string,
  maxEntries = MAX_ENTRIES,
): Promise<readonly FolderEntry[]> {
  const stats = await statOrCode(root)
  if (typeof stats === 'string') return [{ file: ROOT, problem: `${root} ${codeText(stats)}` }]
  if (stats.isFile()) return [manifestFile(basename(root), root, stats)]
  if (!stats.isDirectory()) {
    return [{ file: ROOT, problem: `${root} is neither a folder nor a regular file` }]
  }
  const walk: Walk = { entries: [], seen: 0, maxEntries }
  await walkFolder(walk, { path: root, file: ROOT, stats, above: [] })
  if (walk.seen > maxEntries) {
    const problem = `${root} holds more than ${maxEntries} manifest files and folders; the rest is not read`
    walk.entries.push({ file: ROOT, problem })
  }
  return walk.entries.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
}

interface Walk {
  readonly entries: FolderEntry[]
  readonly maxEntries: number
  seen: number
}

interface Folder {
  readonly path: string
  readonly file: string
  readonly stats: Stats
  /** Identities of the folders that hold it, by which a link back to one of them shows. */
  readonly above: readonly string[]
}

async function walkFolder(walk: Walk, folder: Folder): Promise<void> {
  const identity = `${folder.stats.dev}:${folder.stats.ino}`
  if (folder.above.includes(identity)) return
  if (folder.above.length > MAX_FOLDER_DEPTH) {
    const problem = `lies deeper than ${MAX_FOLDER_DEPTH} folders, and is not read`
    walk.entries.push({ file: folder.file, problem })
    return
  }
  const names = await namesIn(folder.path)
  if (typeof names === 'string') {
    const text = codeText(names)
    const problem = folder.file === ROOT ? `${folder.path} ${text}` : text
    walk.entries.push({ file: folder.file, problem })
    return
  }
  for (const name of names) {
    if (walk.seen > walk.maxEntries) return
    const file = folder.file === ROOT ? name : `${folder.file}/${name}`
    await lookAt(walk, file, join(folder.path, name), [...folder.above, identity])
  }
}

async function lookAt(walk: Walk, file: string, path: string, above: readonly string[]) {
  const isManifest = MANIFEST_NAME.test(file)
  const stats = await statOrCode(path)
  if (typeof stats !== 'string' && stats.isDirectory() && !isManifest) {
    walk.seen += 1
    return walkFolder(walk, { path, file, stats, above })
  }
  if (!isManifest) {
    // It may be a folder; a link that leads nowhere is none.
    if (typeof stats === 'string' && !LEADS_NOWHERE.has(stats)) {
      walk.seen += 1
      walk.entries.push({ file, problem: codeText(stats) })
    }
    return
  }
  walk.seen += 1
  if (walk.seen > walk.maxEntries) return
  if (typeof stats !== 'string') {
    walk.entries.push(
      stats.isFile()
        ? manifestFile(file, path, stats)
        : { file, problem: 'is not a regular file, although its name is that of a manifest' },
    )
  } else if (await isStillThere(path)) {
    walk.entries.push({ file, problem: codeText(stats) })
  }
}

function manifestFile(file: string, path: string, stats: Stats): ManifestFile {
  const { size, mtimeMs, ctimeMs, ino, dev } = stats
  const signature = [file, size, mtimeMs, ctimeMs, ino, dev].join(':')
  return { file, path, size, modifiedAt: Math.max(mtimeMs, ctimeMs), signature }
}

async function namesIn(path: string): Promise<readonly string[] | string> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter(({ name }) => !name.startsWith('.'))
      .filter((entry) => !entry.isFile() || MANIFEST_NAME.test(entry.name))
      .map(({ name }) => name)
      .toSorted()
  } catch (error) {
    return errorCode(error)
  }
}

async function statOrCode(path: string): Promise<Stats | string> {
  try {
    return await stat(path)
  } catch (error) {
    return errorCode(error)
  }
}

/** Tells a link that leads nowhere, and what cannot be looked at, from what was deleted since its folder was listed. */
async function isStillThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => !IS_GONE.has(errorCode(error)),
  )
}

const IS_GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR'])

const LEADS_NOWHERE: ReadonlySet<string> = new Set([...IS_GONE, 'ELOOP'])

/** The system's code, such as `EACCES`: its message would repeat the path. */
export function errorCode(error: unknown): string {
  const code = Object(error).code
  return typeof code === 'string' ? code : 'unknown error'
}

/** What the code means, to follow the name of a file. */
export function codeText(code: string): string {
  if (code === 'ENOENT') return 'does not exist (ENOENT)'
  if (code === 'ELOOP') return 'is a link that leads to itself (ELOOP)'
  return `cannot be read (${code})`
}
