import type { ConnectionOptions, Server } from '@nats-io/nats-core'
import type { Transport } from '@nats-io/nats-core/internal'
import type { Link } from './link.ts'

/** Connection options with an open connection. */
export interface LinkOptions extends ConnectionOptions {
  readonly link: Link
}

/**
 * Lets the library use a connection that is open already. Its transport factory is global and has
 * no arguments, so each connection gets its link through its options.
 */
export class LinkTransport implements Transport {
  readonly lang = 'node'
  readonly version = process.versions.node
  readonly closeError = undefined
  readonly #closed = Promise.withResolvers<void>()
  #link: Link | undefined
  isClosed = false

  async connect(_server: Server, { link }: LinkOptions): Promise<void> {
    this.#link = link
    link.lines.unshift(infoLine(link))
    void link.closed.then(() => this.#onClosed())
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return this.#opened.lines[Symbol.asyncIterator]()
  }

  isEncrypted(): boolean {
    return this.#opened.isEncrypted
  }

  send(frame: Uint8Array): void {
    this.#opened.write(frame)
  }

  async close(): Promise<void> {
    this.disconnect()
  }

  disconnect(): void {
    this.#link?.close()
    this.#onClosed()
  }

  closed(): Promise<void> {
    return this.#closed.promise
  }

  discard(): void {
    this.disconnect()
  }

  get #opened(): Link {
    if (this.#link === undefined) throw new Error('the transport has no connection yet')
    return this.#link
  }

  #onClosed(): void {
    this.isClosed = true
    this.#closed.resolve()
  }
}

/**
 * The part of the server's INFO that the library needs, without the other servers of its cluster.
 */
function infoLine({ info }: Link): Buffer {
  const { version, headers, nonce, maxPayload } = info
  const known = { version, proto: 1, headers, nonce, max_payload: maxPayload }
  return Buffer.from(`INFO ${JSON.stringify(known)}\r\n`)
}
