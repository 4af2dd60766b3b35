import {
  GetWebIdentityTokenCommand,
  type GetWebIdentityTokenCommandOutput,
  STSServiceException,
} from '@aws-sdk/client-sts'
import { CloudBindings } from '../../relay/model/cloud-bindings.ts'
import { ClusterName } from '../../relay/model/config.ts'
import type {
  AwsCredentials,
  CloudIdentities,
  IdentityProof,
} from '../../relay/ports/cloud-identities.ts'
import { InvalidSecret } from '../../relay/ports/secret-store.ts'
import { SecretCache } from './secret-cache.ts'
import { parseSecretJson } from './secret-data.ts'
import { identitiesId } from './secret-ids.ts'
import type { SecretsManagerOptions } from './secrets-manager.ts'

/** The one request for a proof, and the credentials of who makes it; an `STSClient` has both. */
export interface TokenIssuer {
  send(command: GetWebIdentityTokenCommand): Promise<GetWebIdentityTokenCommandOutput>
  /** Where it has its own credentials from. */
  readonly config: { credentials(): Promise<AwsCredentials> }
}

export interface AwsCloudIdentitiesOptions extends SecretsManagerOptions {
  readonly sts: TokenIssuer
}

/** How long a proof is valid, in seconds. It is shown at once, to one service. */
const VALID_FOR_S = 300

/** What a person can do about an error. Other errors are temporary, or bugs. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: 'the role of the function has no permission for it: allow sts:GetWebIdentityToken',
  OutboundWebIdentityFederationDisabledException:
    'the AWS account proves no identities: run `aws iam enable-outbound-web-identity-federation`',
  ValidationError: 'it does not take this audience: check what the cluster is bound to',
  RegionDisabledException: 'STS is not active in this region: activate it in the account settings',
}

/**
 * Reads the bindings of clusters in AWS Secrets Manager under `<prefix>/identities/<cluster>`, and
 * fetches proofs from STS. The subject of a proof is the role that asks:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
 */
export class AwsCloudIdentities implements CloudIdentities {
  readonly #prefix: string
  readonly #cache: SecretCache<CloudBindings>
  readonly #sts: TokenIssuer

  constructor({ prefix, sts, ...options }: AwsCloudIdentitiesOptions) {
    this.#prefix = prefix
    this.#cache = new SecretCache(options, parseBindings)
    this.#sts = sts
  }

  async bindings(
    cluster: string,
    { fresh = false }: { readonly fresh?: boolean } = {},
  ): Promise<CloudBindings | undefined> {
    // A name with a slash could lead to another cluster's.
    if (!ClusterName.safeParse(cluster).success) return undefined
    return this.#cache.read(identitiesId(this.#prefix, cluster), fresh ? 'fresh' : 'remembered')
  }

  async token(audience: string): Promise<IdentityProof> {
    const command = new GetWebIdentityTokenCommand({
      Audience: [audience],
      SigningAlgorithm: 'RS256',
      DurationSeconds: VALID_FOR_S,
    })
    try {
      const { WebIdentityToken: token } = await this.#sts.send(command)
      if (token) return { kind: 'token', token }
    } catch (error) {
      const advice = error instanceof STSServiceException ? ADVICE[error.name] : undefined
      if (!(error instanceof Error) || advice === undefined) throw error
      return { kind: 'refused', reason: `AWS STS answered ${error.name}; ${advice}` }
    }
    throw new Error('AWS STS gave no token, and no error')
  }

  async awsCredentials(): Promise<AwsCredentials> {
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#sts.config.credentials()
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
  }
}

/** Reads a binding. Throws `InvalidSecret`, whose message names each wrong field. */
function parseBindings(text: string | undefined, id: string): CloudBindings {
  const parsed = CloudBindings.safeParse(parseSecretJson(text))
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) =>
    [path.join('.'), message].filter((part) => part !== '').join(': '),
  )
  throw new InvalidSecret(`${id} in Secrets Manager binds no identity: ${problems.join('; ')}`)
}
