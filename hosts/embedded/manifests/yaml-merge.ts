import { isScalar, type Scalar } from 'yaml'

/**
 * Whether a key is the one of a merge, which replaces the same keys above it and not those below.
 * Quoted it is a key like any other.
 */
export function isMergeKey(key: unknown): key is Scalar {
  return (
    isScalar(key) &&
    key.value === '<<' &&
    (key.tag === undefined ? key.type === 'PLAIN' : key.tag === 'tag:yaml.org,2002:merge')
  )
}
