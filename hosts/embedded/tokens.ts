import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { type ClusterTokens, TOKEN_FORM } from '../../relay/api/credentials.ts'
import { OPERATOR_ROLES, type Operator } from '../../relay/api/senders.ts'
import { ClusterName } from '../../relay/model/config.ts'
import { fieldErrors, fieldErrorText } from '../../relay/model/errors.ts'
import { CLUSTER_RECOVERY_DAYS } from '../../relay/model/retention.ts'

/** An operator, and the tokens that prove it. */
export interface OperatorTokens extends Operator {
  readonly tokens: ClusterTokens
}

/** Who may do what: the content of `--tokens FILE`. */
export interface Tokens {
  readonly operators: readonly OperatorTokens[]
  /** The tokens of each cluster. */
  readonly clusters: ReadonlyMap<string, ClusterTokens>
  /** The clusters that are observed; absent when there are none. */
  readonly observed?: ReadonlySet<string>
}

/** The tokens of a cluster that was retired, with which nobody gets in. */
export interface RetiredTokens {
  /** When the cluster was retired, in RFC 3339. */
  readonly at: string
  readonly tokens: ClusterTokens
  /** Present when the cluster was observed. */
  readonly observe?: boolean | undefined
}

const DAY_MS = 24 * 3_600_000

/** Whether `flux-relay cluster create` would bring a retired cluster back at `now`, in milliseconds since the epoch. */
export function isRecoverable({ at }: Pick<RetiredTokens, 'at'>, now: number): boolean {
  return now - Date.parse(at) < CLUSTER_RECOVERY_DAYS * DAY_MS
}

/** All that is in a tokens file. */
export interface TokensFileContent extends Tokens {
  readonly retired: ReadonlyMap<string, RetiredTokens>
}

/** A tokens file that cannot be used. The message names file and field, and never a token. */
export class TokensFileError extends Error {
  override readonly name = 'TokensFileError'
  /** Whether its content is wrong, so that it stays so until it is changed; else it could not be read, for now. */
  readonly isContent: boolean

  constructor(message: string, isContent: boolean) {
    super(message)
    this.isContent = isContent
  }
}

/** Reads `--tokens FILE`. Rejects with `TokensFileError`. */
export async function loadTokens(file: string): Promise<TokensFileContent> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const advice =
      code === 'ENOENT' ? '; flux-relay cluster create NAME --tokens FILE makes one' : ''
    throw new TokensFileError(`${file}: ${message}${advice}`, false)
  }
  return parseTokensFile(text, file)
}

/** Reads the text of a tokens file, whose name is for messages. Throws `TokensFileError`. */
export function parseTokens(text: string, file: string): Tokens {
  const { retired: _, ...tokens } = parseTokensFile(text, file)
  return tokens
}

/** Does what `parseTokens` does, and keeps what no server needs. Throws `TokensFileError`. */
export function parseTokensFile(text: string, file: string): TokensFileContent {
  const read = readTokens(text)
  if ('tokens' in read) return read.tokens
  throw new TokensFileError(read.errors.map((error) => `${file}: ${error}`).join('\n'), true)
}

type ReadTokens = { readonly tokens: TokensFileContent } | { readonly errors: readonly string[] }

const Token = z
  .string('expected text; quote a token that looks like something else')
  .trim()
  .min(1, { error: 'expected a token, not empty text', abort: true })
  .regex(TOKEN_FORM, 'expected visible ASCII characters without spaces, as a header can carry')

const OneOrMoreTokens = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z.array(Token, 'expected a token or a list of tokens').min(1, 'expected at least one token'),
)

/** The form of an operator's name: a DNS label. */
export const OPERATOR_NAME_FORM = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

const NamedOperator = z.strictObject(
  {
    name: z.string('expected a name').regex(OPERATOR_NAME_FORM, 'expected a DNS label such as ann'),
    token: OneOrMoreTokens,
    role: z.enum(OPERATOR_ROLES, 'expected viewer or operator'),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'unknown field; there are name, token and role'
        : 'expected a token, or a map with name, token and role',
  },
)

/** An operator with a name, or a token alone. What is wrong is told for the form that was meant. */
const OperatorEntry = z.unknown().transform((value, context): OperatorTokens => {
  const isMap = typeof value === 'object'
  const read = isMap ? NamedOperator.safeParse(value) : Token.safeParse(value)
  if (!read.success) {
    for (const { path, message } of read.error.issues) {
      context.addIssue({ code: 'custom', path: [...path], message })
    }
    return z.NEVER
  }
  const { data } = read
  if (typeof data === 'string') return { role: 'operator', tokens: [data] }
  const { name, role, token } = data
  return { name, role, tokens: token }
})

const ObservableCluster = z.strictObject(
  {
    token: OneOrMoreTokens,
    observe: z.boolean('expected true or false').default(false),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'unknown field; there are token and observe'
        : 'expected a token or a list of tokens',
  },
)

/** The tokens of a cluster alone, or with its mode. What is wrong is told for the form that was meant. */
const ClusterEntry = z.unknown().transform((value, context) => {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  const read = ObservableCluster.safeParse(isMap ? value : { token: value })
  if (read.success) return { ...read.data, isMap }
  for (const { path, message } of read.error.issues) {
    context.addIssue({ code: 'custom', path: isMap ? [...path] : path.slice(1), message })
  }
  return z.NEVER
})

const Operators = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z
    .array(OperatorEntry, 'expected a token or a list of operators')
    .min(1, 'expected at least one operator'),
)

// Who confuses names and tokens writes a token where a name belongs, so no message shows a name
// that is not a valid one.
const Content = z.strictObject(
  {
    operators: Operators.default([]),
    clusters: z
      .record(z.string(), z.unknown(), 'expected a map from cluster to tokens')
      .refine((clusters) => Object.keys(clusters).every(isClusterName), {
        error: 'each key must be the name of a cluster, a DNS label such as prod-eu-1',
        abort: true,
      })
      .pipe(z.record(z.string(), ClusterEntry))
      .default({}),
    retired: z
      .record(
        z.string(),
        z.strictObject({
          at: z.iso.datetime('expected the time when it was retired, such as 2026-11-20T09:14:03Z'),
          tokens: OneOrMoreTokens,
          observe: z.boolean('expected true or false').optional(),
        }),
        'expected what flux-relay cluster delete wrote there',
      )
      .default({}),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'unknown field; there are operators and clusters'
        : 'expected a map with operators and clusters',
  },
)

function isClusterName(name: string): boolean {
  return ClusterName.safeParse(name).success
}

function readTokens(text: string): ReadTokens {
  const yaml = readYaml(text)
  if ('error' in yaml) return { errors: [yaml.error] }
  const parsed = Content.safeParse(yaml.value)
  if (!parsed.success) return { errors: fieldErrors(parsed.error.issues).map(fieldErrorText) }
  const { operators, clusters, retired } = parsed.data
  const errors = [...repeatedNames(operators), ...repeatedTokens(operators, clusters)]
  if (errors.length > 0) return { errors }
  const entries = Object.entries(clusters)
  const observed = entries.flatMap(([name, { observe }]) => (observe ? [name] : []))
  return {
    tokens: {
      operators,
      clusters: new Map(entries.map(([name, { token }]) => [name, token])),
      ...(observed.length > 0 && { observed: new Set(observed) }),
      retired: new Map(Object.entries(retired)),
    },
  }
}

/**
 * The YAML library's own messages quote the text, so only its codes and places are shown, and it
 * prints no warnings.
 */
function readYaml(text: string): { readonly value: unknown } | { readonly error: string } {
  const document = parseDocument(text, { logLevel: 'silent' })
  const [error] = document.errors
  if (error) {
    const [place] = error.linePos ?? []
    const where = place ? ` at line ${place.line}, column ${place.col}` : ''
    return { error: `not valid YAML${where} (${error.code})` }
  }
  try {
    return { value: document.toJS() }
  } catch {
    return { error: 'an alias leads nowhere; quote a token that begins with *' }
  }
}

/** A name must stand for one operator, or a record would not tell who it was. */
function repeatedNames(operators: readonly OperatorTokens[]): readonly string[] {
  return operators.flatMap(({ name }, index) => {
    const first = operators.findIndex((it) => it.name === name)
    if (name === undefined || first === index) return []
    return [`operators[${index}].name: the same name as operators[${first}]; token takes a list`]
  })
}

/** A token must name one sender, and no cluster may pass for an operator. */
function repeatedTokens(
  operators: readonly OperatorTokens[],
  clusters: Readonly<Record<string, z.infer<typeof ClusterEntry>>>,
): readonly string[] {
  const places = new Map<string, string>()
  const lists = [
    ...operators.map(({ name, tokens }, index) => placesOf(index, name, tokens)),
    ...Object.entries(clusters).map(([name, { token, isMap }]) =>
      listed(`clusters.${name}${isMap ? '.token' : ''}`, token),
    ),
  ]
  return lists.flat().flatMap(([place, token]) => {
    const earlier = places.get(token)
    if (earlier !== undefined) return [`${place}: the same token as ${earlier}`]
    places.set(token, place)
    return []
  })
}

/** Each token of an operator, after its place. One without a name is the token itself. */
function placesOf(index: number, name: string | undefined, tokens: ClusterTokens) {
  const entry = `operators[${index}]`
  if (name !== undefined) return listed(`${entry}.token`, tokens)
  return tokens.map((token) => [entry, token] as const)
}

function listed(field: string, tokens: ClusterTokens) {
  return tokens.map((token, index) => [`${field}[${index}]`, token] as const)
}
