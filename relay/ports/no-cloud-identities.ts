import type { CloudIdentities } from './cloud-identities.ts'

/** The cloud identities of a host that binds no cluster and has no identity to prove. */
export const NO_CLOUD_IDENTITIES: CloudIdentities = {
  bindings: async () => undefined,
  token: () => Promise.reject(new Error('this host has no identity that it could prove')),
  awsCredentials: () => Promise.reject(new Error('this host has no role at AWS')),
}
