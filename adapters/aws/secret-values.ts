import {
  CreateSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  GetSecretValueCommand,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
  type Tag,
} from '@aws-sdk/client-secrets-manager'

/**
 * The tag of every secret of one Kubernetes Secret that a shipper creates. The documented policy
 * names it too.
 */
export const MADE_BY_SHIPPER: Tag = { Key: 'flux-relay:managed-by', Value: 'shipper' }

/** Whether a shipper keeps this secret in sync. */
export function isShippers({ Tags, DeletedDate }: DescribeSecretCommandOutput): boolean {
  const { Key, Value } = MADE_BY_SHIPPER
  return DeletedDate === undefined && !!Tags?.some((tag) => tag.Key === Key && tag.Value === Value)
}

/** The result of storing a value. */
export interface StoredValue {
  readonly how: 'created' | 'updated'
  /** The id of the version in Secrets Manager. */
  readonly versionId: string
}

/** The error for a secret in its recovery window, in which it accepts no value. */
export class SecretDeleted extends Error {
  override readonly name = 'SecretDeleted'

  constructor(id: string) {
    super(
      `${id} is scheduled for deletion. Cancel that with \`aws secretsmanager restore-secret --secret-id ${id}\`, or end it with \`aws secretsmanager delete-secret --secret-id ${id} --force-delete-without-recovery\`, and try again.`,
    )
  }
}

/**
 * Writes values of secrets, by their full ids. Every call rejects with `SecretDeleted` for a secret
 * that is scheduled for deletion, and with the SDK's errors.
 */
export class SecretValues {
  readonly #client: SecretsManagerClient
  readonly #tags: Tag[]

  /** `tags` are those of secrets that are created here, in addition to the name of the program. */
  constructor(client: SecretsManagerClient, tags: readonly Tag[] = []) {
    this.#client = client
    this.#tags = [{ Key: 'app', Value: 'flux-relay' }, ...tags]
  }

  /** Stores a value, and creates the secret when it does not exist. */
  async store(id: string, text: string): Promise<StoredValue> {
    const put = await this.put(id, text)
    if (put !== undefined) return { how: 'updated', versionId: put }
    const created = await this.create(id, text)
    if (created !== undefined) return { how: 'created', versionId: created }
    // Somebody else created it in between.
    const versionId = await this.put(id, text)
    if (versionId !== undefined) return { how: 'updated', versionId }
    throw new Error(`${id} is being created and deleted at once`)
  }

  /** Whether the secret exists. */
  async exists(SecretId: string): Promise<boolean> {
    const get = new GetSecretValueCommand({ SecretId })
    const found = await unless(ResourceNotFoundException, SecretId, this.#client.send(get))
    return found !== undefined
  }

  /** Everything but the value; undefined when there is no such secret. */
  async describe(SecretId: string): Promise<DescribeSecretCommandOutput | undefined> {
    try {
      return await this.#client.send(new DescribeSecretCommand({ SecretId }))
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined
      throw error
    }
  }

  /**
   * Puts a value. Resolves with the id of its version, which has these labels; without any it is
   * the current version. Undefined when there is no such secret.
   */
  async put(
    SecretId: string,
    SecretString: string,
    labels?: readonly string[],
  ): Promise<string | undefined> {
    const VersionStages = labels && [...labels]
    const put = new PutSecretValueCommand({ SecretId, SecretString, VersionStages })
    return unless(ResourceNotFoundException, SecretId, this.#client.send(put))
  }

  /**
   * Creates a secret. Resolves with the id of the version; undefined when the secret exists
   * already.
   */
  async create(Name: string, SecretString: string): Promise<string | undefined> {
    const create = new CreateSecretCommand({ Name, SecretString, Tags: this.#tags })
    return unless(ResourceExistsException, Name, this.#client.send(create))
  }
}

async function unless(
  expected: typeof ResourceNotFoundException | typeof ResourceExistsException,
  id: string,
  sent: Promise<{ readonly VersionId?: string | undefined }>,
): Promise<string | undefined> {
  try {
    return (await sent).VersionId ?? ''
  } catch (error) {
    if (error instanceof expected) return undefined
    if (isDeleted(error)) throw new SecretDeleted(id)
    throw error
  }
}

/**
 * Whether the error means that the secret is scheduled for deletion. AWS has one error for many
 * causes, which only its message tells apart.
 */
export function isDeleted(error: unknown): boolean {
  return (
    error instanceof InvalidRequestException &&
    /(marked|scheduled) for deletion|marked deleted/.test(error.message)
  )
}
