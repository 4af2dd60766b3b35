import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { type AwsEndpoint, givenEndpoint, localOptions } from './aws-endpoints.ts'

/** What is known of a secret. */
interface Secret {
  /** By their ids. One that has no label is gone at once, where AWS may keep it for a while. */
  readonly versions: ReadonlyMap<string, Content>
  /** The version that has the label, by labels. */
  readonly labels: ReadonlyMap<string, string>
  readonly tags: readonly Tag[]
  /** When it was marked for deletion, in seconds since the epoch. */
  readonly deletedAt?: number | undefined
}

interface Tag {
  readonly Key: string
  readonly Value: string
}

type Content = Pick<Input, 'SecretString' | 'SecretBinary'>

/** The members of all requests that matter here. */
interface Input {
  readonly Name?: string
  readonly SecretId?: string
  readonly SecretString?: string
  readonly SecretBinary?: string
  readonly VersionId?: string
  readonly VersionStages?: readonly string[]
  readonly Tags?: readonly Tag[]
  readonly RecoveryWindowInDays?: number
  readonly ForceDeleteWithoutRecovery?: boolean
  readonly Filters?: ReadonlyArray<{ readonly Values: readonly string[] }>
  readonly IncludePlannedDeletion?: boolean
  readonly NextToken?: string
}

/** By full id. */
type Secrets = Map<string, Secret>

/** The members of the answer, beside the secret's name. */
type Operation = (secrets: Secrets, id: string, input: Input) => object

/** Answered with its name as the type. */
class AwsError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetSecretValue(secrets, id, { VersionId }) {
    const { versions, labels } = existing(secrets, id)
    const versionId = VersionId ?? labels.get(CURRENT) ?? ''
    const content = versions.get(versionId)
    if (content) return { ...content, VersionId: versionId }
    const message = "Secrets Manager can't find the specified secret value."
    throw new AwsError('ResourceNotFoundException', message)
  },
  DescribeSecret(secrets, id) {
    const { tags, labels, versions, deletedAt: DeletedDate } = known(secrets, id)
    const labelsOf = (versionId: string) =>
      [...labels].flatMap(([label, of]) => (of === versionId ? [label] : []))
    const stages = [...versions.keys()].map((versionId) => [versionId, labelsOf(versionId)])
    return { Tags: tags, VersionIdsToStages: Object.fromEntries(stages), DeletedDate }
  },
  CreateSecret(secrets, id, input) {
    if (secrets.has(id)) {
      existing(secrets, id)
      throw new AwsError('ResourceExistsException', `The secret ${id} already exists.`)
    }
    const empty = { versions: new Map(), labels: new Map(), tags: input.Tags ?? [] }
    return putVersion(secrets, id, empty, { ...input, VersionStages: [CURRENT] })
  },
  PutSecretValue: (secrets, id, input) => putVersion(secrets, id, existing(secrets, id), input),
  DeleteSecret(secrets, id, { ForceDeleteWithoutRecovery, RecoveryWindowInDays: days = 30 }) {
    if (ForceDeleteWithoutRecovery === true) {
      secrets.delete(id)
      return {}
    }
    if (days < 7 || days > 30) {
      const message = 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).'
      throw new AwsError('InvalidParameterException', message)
    }
    secrets.set(id, { ...existing(secrets, id), deletedAt: Date.now() / 1_000 })
    return { DeletionDate: Date.now() / 1_000 + days * 86_400 }
  },
  RestoreSecret(secrets, id) {
    secrets.set(id, { ...known(secrets, id), deletedAt: undefined })
    return {}
  },
  /** Two to a page; a filter by name holds for what begins with one of its values. */
  ListSecrets(secrets, _, { Filters = [], IncludePlannedDeletion = false, NextToken = '0' }) {
    const fits = ([name, { deletedAt }]: readonly [string, Secret]) =>
      (IncludePlannedDeletion || deletedAt === undefined) &&
      Filters.every(({ Values }) => Values.some((value) => name.startsWith(value)))
    const found = [...secrets].filter(fits)
    const end = Number(NextToken) + 2
    const SecretList = found
      .slice(Number(NextToken), end)
      .map(([Name, { deletedAt: DeletedDate }]) => ({ Name, DeletedDate }))
    return { SecretList, ...(end < found.length && { NextToken: String(end) }) }
  },
}

const CURRENT = 'AWSCURRENT'

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
function putVersion(secrets: Secrets, id: string, secret: Secret, input: Input) {
  const { VersionStages = [CURRENT], SecretString = '' } = input
  if (Buffer.byteLength(SecretString) > 65_536) {
    throw new AwsError('ValidationException', 'secretString: length less than or equal to 65536')
  }
  const versionId = randomUUID()
  const labels = new Map(secret.labels)
  const before = labels.get(CURRENT)
  if (VersionStages.includes(CURRENT) && before !== undefined) labels.set('AWSPREVIOUS', before)
  for (const label of VersionStages) labels.set(label, versionId)
  const labelled = new Set(labels.values())
  const all = [...secret.versions, [versionId, contentOf(input)] as const]
  const versions = new Map(all.filter(([each]) => labelled.has(each)))
  secrets.set(id, { ...secret, labels, versions })
  return { VersionId: versionId }
}

/** A small Secrets Manager in this process; what it does not know fails the test that asks. */
export async function startSecretsManager(): Promise<AwsEndpoint> {
  if (givenEndpoint) return givenEndpoint
  const secrets: Secrets = new Map()
  const server = createServer((request, response) => void answer(request, response, secrets))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { options: localOptions(`http://127.0.0.1:${port}`), stop }
}

/** AWS JSON 1.1. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  secrets: Secrets,
): Promise<void> {
  const input = (await json(request)) as Input
  const target = String(request.headers['x-amz-target']).replace(/^secretsmanager\./, '')
  const { status, body } = resultOf(secrets, target, input)
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(JSON.stringify(body))
}

function resultOf(secrets: Secrets, target: string, input: Input) {
  try {
    const operation = OPERATIONS[target]
    if (!operation) throw new AwsError('UnknownOperationException', target)
    const id = input.SecretId ?? input.Name ?? ''
    return { status: 200, body: { Name: id, ARN: arnOf(id), ...operation(secrets, id, input) } }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return { status: 400, body: { __type: error.name, message: error.message } }
  }
}

/** A secret, marked for deletion or not. Throws as AWS answers when there is none. */
function known(secrets: Secrets, id: string): Secret {
  const secret = secrets.get(id)
  if (secret) return secret
  const message = "Secrets Manager can't find the specified secret."
  throw new AwsError('ResourceNotFoundException', message)
}

/** A secret that has a value. Throws as AWS answers when there is none. */
function existing(secrets: Secrets, id: string): Secret {
  const secret = known(secrets, id)
  if (secret.deletedAt === undefined) return secret
  const message =
    "You can't perform this operation on the secret because it was marked for deletion."
  throw new AwsError('InvalidRequestException', message)
}

function contentOf({ SecretString, SecretBinary }: Input): Content {
  return {
    ...(SecretString !== undefined && { SecretString }),
    ...(SecretBinary !== undefined && { SecretBinary }),
  }
}

/** As AWS makes it, with six characters at its end. */
function arnOf(id: string): string {
  return `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${id}-AbCdEf`
}
