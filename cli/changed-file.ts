import {
  type FileHandle,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** How long a change waits for another one of the same file, which takes some milliseconds. */
const MOST_WAIT_MS = 10_000
const LOOK_MS = 20

/** A file that another change has not let go of in time. */
export class FileInUse extends Error {
  override readonly name = 'FileInUse'
}

/** How a file is changed. */
export interface ChangeOptions {
  /** How long to wait for another change. Milliseconds. */
  readonly mostWaitMs?: number
  /** Whether it becomes its owner's alone, also where others could read it before. */
  readonly isPrivate?: boolean
}

/**
 * Changes a text file, or the one that a link names, one change after the other. A reader sees the file before or after,
 * and who owns it and may read it stays the same as far as this user may give it to them: at least its group, if the user is
 * in that, and nobody else. An ACL beside its mode, which Node.js cannot read, is lost, and its group may do what the mask of
 * that allowed. One that is not there is made for its owner alone. `edit` gets the text,
 * undefined without a file, and gives undefined to leave it as it is. Rejects with `FileInUse`, with the system's
 * errors, and with what `edit` throws.
 */
export async function changeFile(
  file: string,
  edit: (text: string | undefined) => string | undefined,
  { mostWaitMs = MOST_WAIT_MS, isPrivate = false }: ChangeOptions = {},
): Promise<void> {
  const path = await pathOf(file)
  const next = `${path}.new`
  const handle = await openAlone(next, mostWaitMs)
  let isDone = false
  try {
    const text = edit(await unlessMissing(readFile(path, 'utf8'), undefined))
    if (text !== undefined) {
      await handle.writeFile(text)
      await handle.sync()
      await likeBefore(handle, path, isPrivate ? 0o600 : 0o777)
      await rename(next, path)
      isDone = true
    }
  } finally {
    await handle.close()
    if (!isDone) await rm(next, { force: true })
  }
}

/** The path of a file, or of the one that a link names, which need not be there. */
async function pathOf(file: string): Promise<string> {
  const path = await unlessMissing(realpath(file), undefined)
  if (path !== undefined) return path
  const target = await unlessMissing(readlink(file), undefined).catch((error: unknown) => {
    // It is no link: another command has made it meanwhile.
    if (isError(error, 'EINVAL')) return undefined
    throw error
  })
  if (target === undefined) return file
  // The folder may be reached by a link too, from which `..` leads elsewhere.
  return pathOf(resolve(await realpath(dirname(file)), target))
}

/** Makes the file that takes the place of the other. That there is one already keeps others out. */
async function openAlone(next: string, mostWaitMs: number): Promise<FileHandle> {
  const until = performance.now() + mostWaitMs
  for (;;) {
    try {
      return await open(next, 'wx', 0o600)
    } catch (error) {
      if (!isError(error, 'EEXIST')) throw error
      if (performance.now() >= until) {
        throw new FileInUse(
          `${next} is there: another command changes the file, or did not end; remove it if none does`,
        )
      }
    }
    await wait(LOOK_MS)
  }
}

/** `most`: the bits of its mode that may stay. */
async function likeBefore(handle: FileHandle, path: string, most: number): Promise<void> {
  const before = await unlessMissing(stat(path), undefined)
  if (before === undefined) return
  const { uid, gid } = await handle.stat()
  const hasGroup =
    (uid === before.uid && gid === before.gid) ||
    // Only root may give a file to somebody else.
    (await given(handle, before.uid, before.gid)) ||
    (await given(handle, uid, before.gid))
  // Another group than before may do no more than everybody may.
  const ofOthers = before.mode & 0o007
  await handle.chmod(before.mode & most & (hasGroup ? 0o777 : 0o707 | (ofOthers << 3)))
}

/** Gives a file to an owner and a group; false when this user may not, or cannot name them from inside its container. */
async function given(handle: FileHandle, uid: number, gid: number): Promise<boolean> {
  try {
    await handle.chown(uid, gid)
    return true
  } catch (error) {
    if (isError(error, 'EPERM') || isError(error, 'EINVAL')) return false
    throw error
  }
}

async function unlessMissing<T, U>(found: Promise<T>, other: U): Promise<T | U> {
  try {
    return await found
  } catch (error) {
    if (isError(error, 'ENOENT')) return other
    throw error
  }
}

function isError(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code
}
