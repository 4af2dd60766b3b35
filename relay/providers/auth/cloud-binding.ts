import type { CloudBindings } from '../../model/cloud-bindings.ts'
import { InvalidSecret } from '../../ports/secret-store.ts'
import type { TryPorts } from '../contract.ts'
import type { Failure } from '../verdict.ts'

type Cloud = keyof CloudBindings

type Binding<C extends Cloud> = NonNullable<CloudBindings[C]>

/** The identity at one cloud that the deployment binds a cluster to. */
export interface Bound<C extends Cloud> {
  readonly kind: 'bound'
  readonly binding: Binding<C>
}

const NAMES: Readonly<Record<Cloud, string>> = {
  google: 'Google',
  azure: 'Azure',
  aws: 'AWS',
}

/**
 * Reads the binding of the cluster, for a Provider without its own credential. `keys` names what
 * its Secret could hold instead.
 */
export async function readBinding<C extends Cloud>(
  cloud: C,
  keys: string,
  tryPorts: TryPorts,
): Promise<Bound<C> | Failure> {
  // With a proxy of its own too, it could read the tokens, which are the deployment's.
  if (tryPorts.hasOwnRoots) return rejected(OWN_ROOTS)
  const bindings = await readBindings(tryPorts)
  if (typeof bindings === 'string') return rejected(bindings)
  const binding = bindings?.[cloud]
  if (binding !== undefined) return { kind: 'bound', binding: binding as Binding<C> }
  const { cluster } = tryPorts.identities
  return rejected(
    `the Provider has no credential, and this deployment binds no ${NAMES[cloud]} identity to cluster ${cluster}: ${keys}, or bind one as docs/aws.md says`,
  )
}

const OWN_ROOTS =
  'the identity that the deployment binds is never sent to a server with a CA of your own: remove ca.crt from the Secret named by spec.certSecretRef'

/** The bindings, or what is wrong with them. Another try would find the same (ADR 0008). */
async function readBindings({ identities }: TryPorts): Promise<CloudBindings | string | undefined> {
  try {
    return await identities.bindings()
  } catch (error) {
    if (error instanceof InvalidSecret) return error.message
    throw error
  }
}

/** Why a Provider without a credential may not name an identity. */
export const IDENTITY_IN_MANIFEST =
  'the deployment binds the identity of a cluster, as docs/aws.md says, and a manifest cannot name one: remove it'

/**
 * A JWT that proves to the audience who the relay is. A proof that is not allowed yet may be
 * allowed later.
 */
export async function proveIdentity(
  audience: string,
  { identities }: TryPorts,
): Promise<{ readonly kind: 'proved'; readonly jwt: string } | Failure> {
  const proof = await identities.token(audience)
  if (proof.kind === 'token') return { kind: 'proved', jwt: proof.token }
  return {
    kind: 'retry',
    reason: `the relay could not prove its identity: ${proof.reason}`,
    applied: 'no',
  }
}

function rejected(reason: string): Failure {
  return { kind: 'rejected', reason }
}
