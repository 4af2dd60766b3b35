import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { deliveryTable } from '../get/delivery-table.ts'
import { type FoundObject, suspendedText } from '../get/found-objects.ts'
import { formatAge } from '../output/age.ts'
import { formatFields, formatSection } from '../output/fields.ts'
import { formatDocument } from '../output/print.ts'
import { mayHoldCredential, shownAnnotations } from '../output/spec-fields.ts'

/** An Alert or a Provider for people, with the latest deliveries that are of it. */
export async function objectText(
  { readiness, manifest }: FoundObject,
  cluster: string,
  deliveries: readonly Delivery[],
): Promise<string> {
  const { kind, namespace, name, ready, reason, message } = readiness
  const metadata: Readonly<Record<string, unknown>> = Object(manifest?.metadata)
  return [
    formatFields([
      [kind, name],
      ['Namespace', namespace],
      ['Cluster', cluster],
      ['Suspended', suspendedText(manifest)],
      ['Ready', ready ? 'True' : 'False'],
      ['Reason', reason],
      ['Status', message],
      ['Age', formatAge(metadata.creationTimestamp, Date.now())],
    ]),
    formatSection('Annotations', await documentOf(shownAnnotations(metadata.annotations))),
    formatSection('Spec', await documentOf(masked(manifest?.spec))),
    formatSection(
      'Latest deliveries',
      deliveries.length === 0 ? 'none' : deliveryTable(deliveries, false),
    ),
  ].join('')
}

function masked(spec: unknown): unknown {
  if (spec === undefined) return undefined
  return Object.fromEntries(
    Object.entries(Object(spec)).map(([name, value]) => [
      name,
      mayHoldCredential(name) ? '***' : value,
    ]),
  )
}

async function documentOf(value: unknown): Promise<string> {
  return value === undefined ? '' : formatDocument(value, 'yaml')
}
