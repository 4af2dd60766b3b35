import { crc32, deflateRawSync } from 'node:zlib'

/** A file of an archive. */
export interface ZipEntry {
  readonly name: string
  readonly content: Uint8Array
}

const LOCAL_HEADER = 0x0403_4b50
const CENTRAL_HEADER = 0x0201_4b50
const END_OF_DIRECTORY = 0x0605_4b50

/** What a reader must be able to do: deflate. */
const VERSION = 20

/** Made on Unix: the upper half of the attributes is the file's mode. */
const MADE_BY = (3 << 8) | VERSION
const READABLE_FILE = 0o100_644 * 0x1_0000

const UTF8_NAMES = 0x0800
const DEFLATE = 8

/** 1 January 1980, the first day that a zip knows: the same files make the same bytes. */
const DATE = 0x0021

/**
 * A zip archive of the files, which depends on nothing but them.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content } of entries) {
    const [path, data] = [Buffer.from(name), deflateRawSync(content, { level: 9 })]
    const header = fileHeader(path, content, data)
    files.push(header, path, data)
    directory.push(centralHeader(header, offset), path)
    offset += header.length + path.length + data.length
  }
  const central = Buffer.concat(directory)
  return Buffer.concat([...files, central, endOfDirectory(entries.length, central.length, offset)])
}

function fileHeader(path: Buffer, content: Uint8Array, data: Buffer): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(LOCAL_HEADER, 0)
  header.writeUInt16LE(VERSION, 4)
  header.writeUInt16LE(UTF8_NAMES, 6)
  header.writeUInt16LE(DEFLATE, 8)
  header.writeUInt16LE(DATE, 12)
  header.writeUInt32LE(crc32(content), 14)
  header.writeUInt32LE(data.length, 18)
  header.writeUInt32LE(content.length, 22)
  header.writeUInt16LE(path.length, 26)
  return header
}

/** The fields from the version on are those of the file's own header. */
function centralHeader(local: Buffer, offset: number): Buffer {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(CENTRAL_HEADER, 0)
  header.writeUInt16LE(MADE_BY, 4)
  local.copy(header, 6, 4, 30)
  header.writeUInt32LE(READABLE_FILE, 38)
  header.writeUInt32LE(offset, 42)
  return header
}

function endOfDirectory(entries: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END_OF_DIRECTORY, 0)
  end.writeUInt16LE(entries, 8)
  end.writeUInt16LE(entries, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return end
}
