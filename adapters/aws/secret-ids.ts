/** Where the Secrets of a cluster are. */
export function setId(prefix: string, cluster: string): string {
  return `${prefix}/secrets/${cluster}`
}

/** Where a part of a set is; the first has the index 0 and the number 1. */
export function partId(id: string, index: number): string {
  return `${id}/${index + 1}`
}

/** Where a Secret was that nobody has written since there are sets. */
export function secretId(prefix: string, cluster: string, namespace: string, name: string): string {
  return `${setId(prefix, cluster)}/${namespace}/${name}`
}

/** Where a cluster's tokens are. */
export function tokensId(prefix: string, cluster: string): string {
  return `${prefix}/tokens/${cluster}`
}

/** Where it is what a cluster is bound to at other clouds. */
export function identitiesId(prefix: string, cluster: string): string {
  return `${prefix}/identities/${cluster}`
}
