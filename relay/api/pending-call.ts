import {
  type BodyMemory,
  type BodyRoom,
  type EdgeRequest,
  headerOf,
  type ReadBody,
} from './http.ts'
import type { Call, Route } from './route.ts'
import type { Operator } from './senders.ts'

/** A body of at most so many bytes takes no room: most events are small, and so may be many. */
const SMALL_BYTES = 64 * 1024

/** A call that is being checked. What is found out about its sender is stored here. */
export class PendingCall implements Call {
  readonly request: EdgeRequest
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
  cluster: string
  isSigned = false
  operator: Operator | undefined
  #body: Promise<ReadBody> | undefined
  readonly #bodies: BodyRoom | undefined
  #memory: BodyMemory | undefined

  constructor(
    request: EdgeRequest,
    route: Route,
    parameters: Readonly<Record<string, string>>,
    bodies?: BodyRoom,
  ) {
    this.#bodies = bodies
    this.request = request
    this.route = route
    this.parameters = parameters
    this.cluster = parameters.cluster ?? ''
  }

  readBody(): Promise<ReadBody> {
    this.#body ??= this.#read(isSmall(this.request) ? undefined : this.#bodies, this.cluster)
    return this.#body
  }

  /** Reads the body of a sender that only the body itself can prove. */
  readUnproven(bodies: BodyRoom | undefined): Promise<ReadBody> {
    this.#body ??= this.#read(bodies, this.request.remoteAddress ?? '')
    return this.#body
  }

  /** Releases the memory that the body took. */
  end(): void {
    this.#memory?.close()
  }

  async #read(bodies: BodyRoom | undefined, sender: string): Promise<ReadBody> {
    this.#memory = bodies?.open(sender)
    const read = await this.request.readBody(this.route.maxBodyBytes ?? 0, this.#memory?.take)
    if ('body' in read) await this.route.turn?.(this.cluster)
    return read
  }
}

/** Whether the sender said that its body is small. One that comes in chunks has no length. */
function isSmall(request: EdgeRequest): boolean {
  return Number(headerOf(request, 'content-length') ?? Number.NaN) <= SMALL_BYTES
}
