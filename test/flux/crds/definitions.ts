import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { go } from '../../support/go.ts'
import { GO_VARIABLES } from '../reference-program.ts'

/** A CustomResourceDefinition, as controller-gen writes it. */
export const Definition = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
})
export type Definition = z.infer<typeof Definition>

const KINDS = 'github.com/fluxcd/notification-controller/api/v1beta3'

/**
 * Flux's definitions of Alert and Provider, made by controller-gen of the types that they are of.
 * Throws where Go or a module is not to be had. The first time takes minutes.
 */
export function fluxDefinitions(): readonly Definition[] {
  const args = ['tool', 'controller-gen', 'crd', `paths=${KINDS}`, 'output:crd:stdout']
  const text = go(import.meta.dirname, args, { variables: GO_VARIABLES })
  return parseAllDocuments(text).map((document) => Definition.parse(document.toJS()))
}
