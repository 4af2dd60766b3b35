import {
  Composer,
  type Document,
  isMap,
  isScalar,
  LineCounter,
  type ParsedNode,
  Parser,
  type Scalar,
} from 'yaml'
import { offsetOfField } from './locate.ts'
import { blankEnd, duplicateKey, exceededLimit, exceededSize } from './structure.ts'
import { errorText } from './yaml-error.ts'
import { createLexer } from './yaml-lexer.ts'
import { resolveScalar } from './yaml-scalar.ts'
import { jsonValueOf } from './yaml-value.ts'

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
 * Parses the YAML or JSON documents of a file, each on its own, as `kubectl apply` does (ADR 0036);
 * empty ones are left out. No tag makes anything but JSON. `skip` says of which kinds nothing is
 * needed. A document is parsed when it is asked for: what tells where its fields stand takes a hundred
 * times the room of its text, so whoever is done with one should let go of it.
 */
export function* parseDocuments(
  text: string,
  skip: Skip,
): Generator<SourceDocument | BrokenDocument> {
  let line = 0
  for (const part of splitDocuments(text)) {
    yield* parsePart(part, line, skip)
    line += part.split('\n').length - 1
  }
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
  const composer = new Composer({
    // All scalars as they are written: what they stand for is not the library's to say.
    schema: 'failsafe',
    resolveKnownTags: false,
    // The library's own check takes time quadratic in the number of keys.
    uniqueKeys: false,
    // Pretty messages quote the source.
    prettyErrors: false,
    logLevel: 'silent',
  })
  const documents = [...composer.compose(tokensOf(text, lineCounter))]
  // What is missing at the end is missing on the last line that says something.
  const lastOffset = text.trimEnd().length
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(Math.min(offset, lastOffset))
    return { line: linesBefore + Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (documents.length === 0) {
    const [error] = composer.streamInfo().errors
    if (!error) return []
    return [{ problem: errorText(error), position: positionOf(error.pos[0]), hint: {} }]
  }
  const [first, ...ignored] = documents.map((document) => ({ document, text, positionOf }))
  return [
    ...(first ? parseDocument(first, skip) : []),
    ...ignored.map(({ document: { contents, range } }) => ({
      problem: 'comes after "...", where kubectl apply stops reading; begin it with ---',
      position: positionOf(contents?.range[0] ?? range[0]),
      hint: hintOf(contents),
    })),
  ]
}

interface ParsedText {
  readonly document: Document.Parsed
  readonly text: string
  readonly positionOf: (offset: number) => Position
}

function* tokensOf(text: string, { addNewLine }: LineCounter) {
  addNewLine(0)
  const parser = new Parser(addNewLine)
  for (const lexeme of createLexer().lex(text)) yield* parser.next(lexeme)
  yield* parser.end()
}

function parseDocument(
  { document, text, positionOf }: ParsedText,
  skip: Skip,
): ReadonlyArray<SourceDocument | BrokenDocument> {
  const { contents } = document
  const broken = (problem: string, offset: number): readonly BrokenDocument[] => [
    { problem, position: positionOf(offset), hint: hintOf(contents) },
  ]
  const [error] = document.errors
  if (error) return broken(errorText(error), error.pos[0])
  if (!contents || isNull(contents)) return []
  const duplicate = duplicateKey(contents)
  if (duplicate) return broken(duplicate.problem, duplicate.offset)
  const { apiVersion, kind } = hintOf(contents)
  if (kind !== undefined && skip(apiVersion ?? '', kind)) return []

  const warning = document.warnings.find(({ code }) => !HARMLESS_WARNINGS.has(code))
  if (warning) return broken(errorText(warning), warning.pos[0])
  const exceeded = exceededLimit(contents) ?? blankEnd(contents, text)
  if (exceeded) return broken(exceeded.problem, exceeded.offset)
  const converted = jsonValueOf(contents)
  if ('problem' in converted) return broken(converted.problem, converted.offset)
  const tooLarge = exceededSize(converted.value)
  if (tooLarge !== undefined) return broken(tooLarge, contents.range[0])
  const value = JSON.parse(JSON.stringify(converted.value)) as unknown
  return [{ value, locate: (field) => positionOf(offsetOfField(contents, field)) }]
}

/** Tags are read by `resolveScalar`, and brackets may close anywhere. */
const HARMLESS_WARNINGS: ReadonlySet<string> = new Set(['TAG_RESOLVE_FAILED', 'BAD_INDENT'])

function isNull(contents: ParsedNode): boolean {
  return isScalar(contents) && scalarValue(contents) === null
}

function scalarValue(scalar: Scalar): unknown {
  const resolved = resolveScalar(scalar)
  return 'value' in resolved ? resolved.value : undefined
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
  const scalar = isMap(node) ? node.get(key, true) : undefined
  const value = isScalar(scalar) ? scalarValue(scalar) : undefined
  return typeof value === 'string' ? { [key]: value } : {}
}
