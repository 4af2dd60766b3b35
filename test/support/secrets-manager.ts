import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { type AwsEndpoint, givenEndpoint, localOptions } from './aws-endpoints.ts'

/** What is known of a secret. */
interface Secret {
  readonly content: Content
  readonly tags: readonly Tag[]
  /** The version that its content is of. */
  readonly versionId: string
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
  GetSecretValue: (secrets, id) => existing(secrets, id).content,
  DescribeSecret(secrets, id) {
    const { tags, versionId, deletedAt: DeletedDate } = known(secrets, id)
    return { Tags: tags, VersionIdsToStages: { [versionId]: ['AWSCURRENT'] }, DeletedDate }
  },
  CreateSecret(secrets, id, input) {
    if (secrets.has(id)) {
      existing(secrets, id)
      throw new AwsError('ResourceExistsException', `The secret ${id} already exists.`)
    }
    const versionId = randomUUID()
    secrets.set(id, { content: contentOf(input), tags: input.Tags ?? [], versionId })
    return { VersionId: versionId }
  },
  PutSecretValue(secrets, id, input) {
    const versionId = randomUUID()
    secrets.set(id, { ...existing(secrets, id), content: contentOf(input), versionId })
    return { VersionId: versionId }
  },
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
