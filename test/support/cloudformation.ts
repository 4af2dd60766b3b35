import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type AwsEndpoint, localOptions } from './aws-endpoints.ts'

/** What a stack says of itself, by the names of its outputs. */
export type StackOutputValues = Readonly<Record<string, string>>

/** A CloudFormation that describes stacks, and does nothing else. */
export interface CloudFormationDouble extends AwsEndpoint {
  /** Outputs by the stack's name. */
  readonly stacks: Map<string, StackOutputValues>
}

/** CloudFormation, in this process. */
export async function startCloudFormation(): Promise<CloudFormationDouble> {
  const stacks = new Map<string, StackOutputValues>()
  const server = createServer(async (request, response) => {
    const { status, body } = answerTo(await parametersOf(request), stacks)
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { stacks, options: localOptions(`http://127.0.0.1:${port}`), stop }
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
async function parametersOf(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await text(request))
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
function answerTo(parameters: URLSearchParams, stacks: ReadonlyMap<string, StackOutputValues>) {
  if (parameters.get('Action') !== 'DescribeStacks') {
    return error('InvalidAction', `no such action: ${parameters.get('Action')}`)
  }
  const name = parameters.get('StackName') ?? ''
  const outputs = stacks.get(name)
  if (!outputs) return error('ValidationError', `Stack with id ${name} does not exist`)
  const members = Object.entries(outputs).map(([key, value]) =>
    element(
      'member',
      element('OutputKey', escapeText(key)) + element('OutputValue', escapeText(value)),
    ),
  )
  const stack = [
    element('StackName', escapeText(name)),
    element('CreationTime', '2026-11-20T09:14:03Z'),
    element('StackStatus', 'CREATE_COMPLETE'),
    element('Outputs', members.join('')),
  ]
  const stackList = element('Stacks', element('member', stack.join('')))
  const body = element('DescribeStacksResponse', element('DescribeStacksResult', stackList))
  return { status: 200, body }
}

function error(code: string, message: string) {
  const parts = [element('Type', 'Sender'), element('Code', code)]
  const text = element('Error', [...parts, element('Message', escapeText(message))].join(''))
  return { status: 400, body: element('ErrorResponse', text) }
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`
}

function escapeText(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
