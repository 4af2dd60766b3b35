/** The id of a cluster's set of Secrets. */
export function setId(prefix: string, cluster: string): string {
  return `${prefix}/secrets/${cluster}`
}

/** The id of a part of a set. The first part has the index 0 and the number 1. */
export function partId(id: string, index: number): string {
  return `${id}/${index + 1}`
}

/** The id of a single Secret that was last written before there were sets. */
export function secretId(prefix: string, cluster: string, namespace: string, name: string): string {
  return `${setId(prefix, cluster)}/${namespace}/${name}`
}

/** The id of a cluster's tokens. */
export function tokensId(prefix: string, cluster: string): string {
  return `${prefix}/tokens/${cluster}`
}

/** The id of a cluster's bindings to identities at other clouds. */
export function identitiesId(prefix: string, cluster: string): string {
  return `${prefix}/identities/${cluster}`
}
