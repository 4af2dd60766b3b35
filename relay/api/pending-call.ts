import type { EdgeRequest, ReadBody, TakeBytes } from './http.ts'
import type { Call, Route } from './route.ts'
import type { Operator, UnprovenBodies, UnprovenBody } from './senders.ts'

/** A call that is being checked. What is found out about its sender is stored here. */
export class PendingCall implements Call {
  readonly request: EdgeRequest
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
  cluster: string
  isSigned = false
  operator: Operator | undefined
  #body: Promise<ReadBody> | undefined
  #unproven: UnprovenBody | undefined

  constructor(request: EdgeRequest, route: Route, parameters: Readonly<Record<string, string>>) {
    this.request = request
    this.route = route
    this.parameters = parameters
    this.cluster = parameters.cluster ?? ''
  }

  readBody(): Promise<ReadBody> {
    this.#body ??= this.#read(undefined)
    return this.#body
  }

  /** Reads the body of a sender that only the body itself can prove. */
  readUnproven(bodies: UnprovenBodies | undefined): Promise<ReadBody> {
    this.#unproven ??= bodies?.open(this.request.remoteAddress ?? '')
    this.#body ??= this.#read(this.#unproven?.take)
    return this.#body
  }

  /** Releases the memory that the body took from that for unproven ones. */
  end(): void {
    this.#unproven?.close()
  }

  async #read(take: TakeBytes | undefined): Promise<ReadBody> {
    const read = await this.request.readBody(this.route.maxBodyBytes ?? 0, take)
    if ('body' in read) await this.route.turn?.(this.cluster)
    return read
  }
}
