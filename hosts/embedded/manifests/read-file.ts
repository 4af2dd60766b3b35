import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIgnored } from './classify.ts'
import { type BrokenDocument, parseDocuments } from './documents.ts'
import { manifestObjectKey } from './object-key.ts'
import { type Finding, type NotTaken, objectsIn, type RefusedObject } from './objects.ts'
import { codeText, errorCode, type FolderEntry, type ManifestFile } from './scan.ts'

/** What a file, or a folder that cannot be listed, holds as far as it can be read. */
export interface FileReading {
  readonly file: string
  readonly findings: readonly Finding[]
  readonly notTaken: readonly NotTaken[]
  /** Milliseconds since the epoch. */
  readonly readAt: number
  /** When the file was changed last, in milliseconds since the epoch; undefined when it could not be read. */
  readonly modifiedAt?: number
  /** The digest of the bytes; undefined when they could not be read. */
  readonly digest?: string
  /** Why the bytes could not be read. */
  readonly unread?: string
}

/** Kubernetes bounds an object at 1.5 MiB; a file holds several. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024

/** Whether a file is not read since it has too many bytes. */
export function isTooLarge(entry: FolderEntry): boolean {
  return 'size' in entry && entry.size > MAX_FILE_BYTES
}

/**
 * Reads one entry of the folder. `previous` comes back, when the bytes are still the same or cannot be read for the
 * same reason, and nothing when the file is gone since it was listed. Never rejects for what the file holds.
 */
export async function readEntry(
  cluster: string,
  entry: FolderEntry,
  previous: FileReading | undefined,
): Promise<FileReading | undefined> {
  const noBytes = (message: string) =>
    previous?.unread === message
      ? previous
      : { ...unreadable(entry.file, message), unread: message }
  if ('problem' in entry) return noBytes(entry.problem)
  if (isTooLarge(entry)) return noBytes(`is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`)
  let bytes: Buffer
  try {
    bytes = await readFile(entry.path)
  } catch (error) {
    const code = errorCode(error)
    return code === 'ENOENT' ? undefined : noBytes(codeText(code))
  }
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (previous?.digest === digest) return previous
  return { ...readBytes(cluster, entry, bytes), digest, modifiedAt: entry.modifiedAt }
}

function readBytes(cluster: string, { file }: ManifestFile, bytes: Uint8Array): FileReading {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return unreadable(file, 'is not UTF-8 text')
  }
  try {
    return readText(cluster, file, text)
  } catch {
    // A defect of ours or of the parser stops one file, not the relay. Its text could quote values.
    return unreadable(file, 'cannot be parsed, for a reason that the relay does not know')
  }
}

function readText(cluster: string, file: string, text: string): FileReading {
  const findings: Finding[] = []
  const notTaken: NotTaken[] = []
  for (const document of parseDocuments(text, isIgnored)) {
    if (!('value' in document)) {
      findings.push(broken(document))
      continue
    }
    for (const found of objectsIn(cluster, file, document)) {
      if ('notTaken' in found) notTaken.push(found)
      else findings.push(found)
    }
  }
  return { file, findings, notTaken, readAt: Date.now() }
}

function broken({ problem, position, hint }: BrokenDocument): RefusedObject {
  return {
    key: manifestObjectKey(hint.kind, { metadata: hint }),
    errors: [{ field: '', message: problem, position }],
    mayHoldOthers: true,
  }
}

function unreadable(file: string, message: string): FileReading {
  const finding = { key: undefined, errors: [{ field: '', message }], mayHoldOthers: true }
  return { file, findings: [finding], notTaken: [], readAt: Date.now() }
}
