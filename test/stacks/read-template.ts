import type { Template } from 'aws-cdk-lib/assertions'

type Intrinsic = string | { readonly [name: string]: unknown }

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: Intrinsic | readonly Intrinsic[]
}

/** Logical ids of the resources with these properties. */
export function idsOf(template: Template, type: string, properties: object): readonly string[] {
  return Object.keys(template.findResources(type, { Properties: properties }))
}

/** The one resource with these properties. */
export function idOf(template: Template, type: string, properties: object): string {
  const [id, ...others] = idsOf(template, type, properties)
  if (id === undefined || others.length > 0) throw new Error(`not one ${type}: ${id}, ${others}`)
  return id
}

/** Actions that the function's role allows, sorted, by resource: a logical id without hash, or an ARN. */
export function allowedTo(template: Template, functionId: string) {
  const lambda = template.findResources('AWS::Lambda::Function')[functionId]
  const [role] = lambda?.Properties.Role['Fn::GetAtt'] ?? []
  const allowed: Record<string, string[]> = {}
  for (const policy of Object.values(template.findResources('AWS::IAM::Policy'))) {
    const { Roles, PolicyDocument } = policy.Properties
    if (!Roles.some((entry: { Ref?: string }) => entry.Ref === role)) continue
    for (const statement of PolicyDocument.Statement as Statement[]) addTo(allowed, statement)
  }
  return allowed
}

function addTo(allowed: Record<string, string[]>, { Effect, Action, Resource }: Statement): void {
  if (Effect !== 'Allow') throw new Error(`a statement has the effect ${Effect}`)
  for (const resource of [Resource].flat() as Intrinsic[]) {
    const name = readable(resource)
    allowed[name] = [...(allowed[name] ?? []), ...[Action].flat()].sort()
  }
}

function readable(value: Intrinsic): string {
  if (typeof value === 'string') return value
  const attribute = value['Fn::GetAtt'] as readonly [string, string] | undefined
  if (attribute !== undefined) return attribute[0].replace(/[0-9A-F]{8}$/, '')
  const joined = value['Fn::Join'] as readonly [string, readonly Intrinsic[]] | undefined
  return joined === undefined ? String(value.Ref) : joined[1].map(readable).join(joined[0])
}
