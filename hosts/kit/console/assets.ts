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

/** The parts of the style, in the order in which they count. */
const STYLE = [
  ...['styles/base.css', 'styles/frame.css', 'styles/controls.css', 'styles/tables.css'],
  ...[
    'styles/columns.css',
    'styles/facts.css',
    'styles/states.css',
    'styles/overview.css',
    'styles/narrow.css',
  ],
]

/** What runs when the page is there: in one file, as htmx looks for its extension when its own has ended. */
const SCRIPT = [...Object.keys(HTMX_FILES), 'console.js', 'live.js']

const CONTENT_TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const

/** Digits of the hash in an address. */
const HASH_LENGTH = 12

/** Reads the files. Throws when one is missing. */
export function readAssets(): Assets {
  const files = new Map<string, Asset>()
  const addressOf = (name: string, extension: 'css' | 'js', parts: readonly string[]) => {
    // Without the semicolon, a script that begins with a bracket would call what is before it.
    const separator = extension === 'js' ? ';\n' : '\n'
    const text = parts.map((part) => readFileSync(placeOf(part), 'utf8')).join(separator)
    const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
    const hashedName = `${name}.${hash}.${extension}`
    files.set(hashedName, { text, contentType: CONTENT_TYPES[extension] })
    return `/console/assets/${hashedName}`
  }
  return {
    addresses: {
      style: addressOf('console', 'css', STYLE),
      script: addressOf('console', 'js', SCRIPT),
    },
    find: (hashedName) => files.get(hashedName),
  }
}

/** The files of htmx are where npm put them, and in the published package beside the others. */
function placeOf(name: string): URL {
  const place = new URL(name, ASSETS_FOLDER)
  const atHtmx = HTMX_FILES[name]
  return atHtmx === undefined || existsSync(place) ? place : new URL(atHtmx, HTMX_FOLDER)
}
