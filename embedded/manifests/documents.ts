import {
  type Document,
  isMap,
  isScalar,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml'
import { offsetOfField } from './locate.ts'
import { duplicateKey, exceededLimit, exceededSize, MAX_ALIASES } from './structure.ts'
import { errorText } from './yaml-error.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

/** A document that parsed. */
export interface SourceDocument {
  /** Plain JSON: no shared parts, no cycles. */
  readonly value: unknown
  /** Where a field stands, or the nearest part of its path; the empty field is the document. */
  locate(field: string): Position
}

/** A document that did not parse. */
export interface BrokenDocument {
  /** Quotes nothing of the source, which may hold Secrets. */
  readonly problem: string
  readonly position: Position
  /** What the part that could be read says of the object. */
  readonly hint: ObjectHint
}

export interface ObjectHint {
  readonly apiVersion?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
}

type Skip = (apiVersion: string, kind: string) => boolean

/**
 * Parses the YAML or JSON documents of a file, each on its own; empty ones are left out. The safe
 * core schema only: no tag makes anything but JSON. `skip` says of which kinds nothing is needed.
 */
export function parseDocuments(
  text: string,
  skip: Skip,
): ReadonlyArray<SourceDocument | BrokenDocument> {
  let line = 0
  return splitDocuments(text).flatMap((part) => {
    const before = line
    line += part.split('\n').length - 1
    return parsePart(part, before, skip)
  })
}

/**
 * A line that starts with `---` begins a document, whatever stands before it (YAML 1.2.2, section
 * 9.1.2). The parser would take an open quote or bracket beyond it.
 */
function splitDocuments(text: string): readonly string[] {
  return text.split(/(?<=\n)(?=---(?:[ \t\r\n]|$))/)
}

function parsePart(text: string, linesBefore: number, skip: Skip) {
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(text, {
    lineCounter,
    schema: 'core',
    // Kubernetes tools take merge keys.
    merge: true,
    resolveKnownTags: false,
    // The library's own check takes time quadratic in the number of keys.
    uniqueKeys: false,
    // Pretty messages quote the source.
    prettyErrors: false,
    logLevel: 'silent',
  })
  // What is missing at the end is missing on the last line that says something.
  const lastOffset = text.trimEnd().length
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(Math.min(offset, lastOffset))
    return { line: linesBefore + Math.max(line, 1), column: Math.max(col, 1) }
  }
  if ('empty' in documents) {
    const [error] = documents.errors
    if (!error) return []
    return [{ problem: errorText(error), position: positionOf(error.pos[0]), hint: {} }]
  }
  return documents.flatMap((document) => parseDocument(document, positionOf, skip))
}

function parseDocument(
  document: Document.Parsed,
  positionOf: (offset: number) => Position,
  skip: Skip,
): ReadonlyArray<SourceDocument | BrokenDocument> {
  const { contents } = document
  const broken = (problem: string, offset: number): readonly BrokenDocument[] => [
    { problem, position: positionOf(offset), hint: hintOf(contents) },
  ]
  const [error] = document.errors
  if (error) return broken(errorText(error), error.pos[0])
  if (!contents || (isScalar(contents) && contents.value === null)) return []
  const duplicate = duplicateKey(contents)
  if (duplicate) return broken(duplicate.problem, duplicate.offset)
  const { apiVersion, kind } = hintOf(contents)
  if (kind !== undefined && skip(apiVersion ?? '', kind)) return []

  const [warning] = document.warnings
  if (warning) return broken(errorText(warning), warning.pos[0])
  const exceeded = exceededLimit(contents)
  if (exceeded) return broken(exceeded.problem, exceeded.offset)
  const plain = plainValue(document)
  if ('problem' in plain) return broken(plain.problem, contents.range[0])
  const locate = (field: string) => positionOf(offsetOfField(contents, field))
  return [{ value: plain.value, locate }]
}

function plainValue(
  document: Document.Parsed,
): { readonly value: unknown } | { readonly problem: string } {
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch {
    return { problem: 'an alias is used too often, or a merge key merges no mapping' }
  }
  const problem = exceededSize(value)
  if (problem !== undefined) return { problem }
  return { value: JSON.parse(JSON.stringify(value)) as unknown }
}

function hintOf(contents: ParsedNode | null): ObjectHint {
  const metadata = isMap(contents) ? contents.get('metadata', true) : undefined
  return {
    ...textAt(contents, 'apiVersion'),
    ...textAt(contents, 'kind'),
    ...textAt(metadata, 'namespace'),
    ...textAt(metadata, 'name'),
  }
}

function textAt(node: unknown, key: keyof ObjectHint): ObjectHint {
  const value = isMap(node) ? node.get(key) : undefined
  return typeof value === 'string' ? { [key]: value } : {}
}
