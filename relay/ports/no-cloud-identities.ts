import type { CloudIdentities } from './cloud-identities.ts'

/** Of a host that binds no cluster to an identity, and has none to prove. */
export const NO_CLOUD_IDENTITIES: CloudIdentities = {
  bindings: async () => undefined,
  token: () => Promise.reject(new Error('this host has no identity that it could prove')),
}
