import { connect, type Socket } from 'node:net'

export interface GoAnswer {
  readonly status: number
  /** In lower case. */
  readonly headers: ReadonlyMap<string, string>
}

/**
 * Posts as Flux's event recorder does, which reads the head of an answer and nothing more. Go's
 * client uses the connection again only when no body is left unread, and follows what redirects
 * (a POST as a GET after 301, 302 and 303), so that nobody gets the event.
 */
export class GoClient {
  readonly #port: number
  #socket: Socket | undefined
  #connections = 0

  constructor(port: number) {
    this.#port = port
  }

  /** How many connections it took so far. */
  get connections(): number {
    return this.#connections
  }

  async post(
    path: string,
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<GoAnswer> {
    const socket = this.#socket ?? this.#dial()
    this.#socket = undefined
    const lines = Object.entries({
      Host: `127.0.0.1:${this.#port}`,
      'User-Agent': 'Go-http-client/1.1',
      'Content-Length': String(Buffer.byteLength(body)),
      'Content-Type': 'application/json',
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    socket.write(body)
    const answer = await readHead(socket)
    const isDone = answer.headers.get('content-length') === '0'
    if (isDone && answer.headers.get('connection') !== 'close') this.#socket = socket
    else socket.destroy()
    return answer
  }

  close(): void {
    this.#socket?.destroy()
  }

  #dial(): Socket {
    this.#connections += 1
    const socket = connect(this.#port, '127.0.0.1')
    // Whoever waits for an answer hears of it by the close.
    socket.on('error', () => undefined)
    return socket
  }
}

function readHead(socket: Socket): Promise<GoAnswer> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onClose = () => reject(new Error('the connection was closed before the answer'))
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.off('data', onData)
      socket.off('close', onClose)
      resolve(headOf(text.slice(0, end)))
    }
    socket.on('data', onData)
    socket.on('close', onClose)
  })
}

function headOf(head: string): GoAnswer {
  const [line = '', ...fields] = head.split('\r\n')
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
  })
  return { status: Number(line.split(' ')[1]), headers: new Map(headers) }
}
