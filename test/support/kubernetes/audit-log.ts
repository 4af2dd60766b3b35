import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { type Fields, fieldsOf, textOf } from './api-object.ts'
import type { RecordedRequest } from './recorded-request.ts'

/** Who came without a token, or with a wrong one, which is a test too. */
const NAMELESS = ['', 'system:anonymous']

/** The requests of one user, from an audit log that grows: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/ */
export class AuditLog {
  readonly #path: string
  readonly #user: string
  readonly #requests: RecordedRequest[] = []
  readonly #seen = new Set<string>()
  #offset: number
  #rest = ''

  /** Only what comes from now on. */
  constructor(path: string, user: string) {
    this.#path = path
    this.#user = user
    this.#offset = statSync(path).size
  }

  read(): readonly RecordedRequest[] {
    const lines = (this.#rest + this.#readNew()).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#add(fieldsOf(JSON.parse(line)))
    return this.#requests
  }

  #readNew(): string {
    const length = statSync(this.#path).size - this.#offset
    const buffer = Buffer.alloc(length)
    const file = openSync(this.#path, 'r')
    readSync(file, buffer, 0, length, this.#offset)
    closeSync(file)
    this.#offset += length
    return buffer.toString('utf8')
  }

  /** A watch is in there twice: when it starts and when it ends. */
  #add(entry: Fields): void {
    const id = textOf(entry.auditID)
    const { username } = fieldsOf(entry.user)
    const isOfTest = [this.#user, ...NAMELESS].includes(textOf(username))
    if (!isOfTest || this.#seen.has(id)) return
    this.#seen.add(id)
    const object = fieldsOf(entry.objectRef)
    const subresource = textOf(object.subresource)
    const { code } = fieldsOf(entry.responseStatus)
    this.#requests.push({
      verb: textOf(entry.verb),
      group: textOf(object.apiGroup),
      resource:
        subresource === '' ? textOf(object.resource) : `${textOf(object.resource)}/${subresource}`,
      namespace: textOf(object.namespace) || undefined,
      name: textOf(object.name) || undefined,
      path: textOf(entry.requestURI),
      status: typeof code === 'number' ? code : 0,
    })
  }
}
