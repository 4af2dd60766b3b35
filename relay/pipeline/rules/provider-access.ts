import type { FieldError } from '../../model/errors.ts'
import { annotationField } from '../../model/rule-annotations.ts'
import type { Rules } from './rules.ts'

/** What is wrong with the rules of who may use a Provider: each of the two is for Providers of one place. */
export function accessMisfits(rules: Rules, isOfFleet: boolean): readonly FieldError[] {
  if (isOfFleet && rules.allowedNamespaces !== undefined) {
    const message = 'goes on the Providers of a cluster; on one of the fleet it is allow-clusters'
    return [{ field: annotationField('allow-namespaces'), message }]
  }
  if (!isOfFleet && rules.allowedClusters !== undefined) {
    const message = 'goes on the Providers of the fleet alone (flux-relay apply --fleet)'
    return [{ field: annotationField('allow-clusters'), message }]
  }
  return []
}
