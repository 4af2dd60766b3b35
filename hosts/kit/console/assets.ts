import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { ASSETS_FOLDER, HTMX_FILES, HTMX_FOLDER } from '../../../console/assets.ts'
import type { AssetAddresses } from '../../../console/layout.ts'

/** A file that the pages refer to. */
export interface Asset {
  readonly text: string
  readonly contentType: string
}

/** The files that the pages refer to, each at an address that changes with its content. */
export interface Assets {
  readonly addresses: AssetAddresses
  /** The file of a name with its hash, such as `console.0123abcd.css`; undefined when there is none. */
  find(hashedName: string): Asset | undefined
}

const STYLE = 'console.css'
const SCRIPTS = ['console.js', 'live.js', ...Object.keys(HTMX_FILES)] as const

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** Digits of the hash in an address. */
const HASH_LENGTH = 12

/** Reads the files. Throws when one is missing. */
export function readAssets(): Assets {
  const files = new Map<string, Asset>()
  const addressOf = (name: string) => {
    const text = readFileSync(placeOf(name), 'utf8')
    const extension = name.slice(name.lastIndexOf('.') + 1)
    const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
    const hashedName = `${name.slice(0, -extension.length)}${hash}.${extension}`
    files.set(hashedName, { text, contentType: CONTENT_TYPES[extension] ?? 'text/plain' })
    return `/console/assets/${hashedName}`
  }
  return {
    addresses: { style: addressOf(STYLE), scripts: SCRIPTS.map(addressOf) },
    find: (hashedName) => files.get(hashedName),
  }
}

/** The files of htmx are where npm put them, and in the published package beside the others. */
function placeOf(name: string): URL {
  const place = new URL(name, ASSETS_FOLDER)
  const atHtmx = HTMX_FILES[name]
  return atHtmx === undefined || existsSync(place) ? place : new URL(atHtmx, HTMX_FOLDER)
}
